import { Suspense, useEffect, useRef } from "react";
import { Route, Switch, useLocation } from "wouter";
import { useLive } from "./live.ts";
import { screens } from "./pages.ts";
import { Shell } from "./shell/shell.tsx";
import { useAddress } from "./ui/address.ts";
import { LinkButton } from "./ui/button.tsx";
import { Page } from "./ui/card.tsx";
import { ErrorBoundary } from "./ui/error-boundary.tsx";
import { Empty, PageSkeleton } from "./ui/states.tsx";

const NotFound = () => (
  <Page title="Not found">
    <Empty title="There is no such page here.">
      <LinkButton href={useAddress()("/")}>Overview</LinkButton>
    </Empty>
  </Page>
);

export function App() {
  const isHeard = useLive();
  const [path] = useLocation();
  const content = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever another page is shown
  useEffect(() => {
    if (!isFirst.current) content.current?.focus();
    isFirst.current = false;
  }, [path]);
  return (
    <Shell isHeard={isHeard}>
      <main id="content" ref={content} tabIndex={-1} className="min-w-0 outline-none">
        <ErrorBoundary key={path}>
          <Suspense fallback={<PageSkeleton />}>
            <Switch>
              {screens.map(({ path, Component }) => (
                <Route key={path} path={path}>
                  {(params) => <Component {...params} />}
                </Route>
              ))}
              <Route component={NotFound} />
            </Switch>
          </Suspense>
        </ErrorBoundary>
      </main>
    </Shell>
  );
}
