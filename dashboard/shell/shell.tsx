import { type ReactNode, useEffect, useState } from "react";
import { Link, useLocation } from "wouter";
import { screens } from "../pages.ts";
import { useSession } from "../session.tsx";
import { useAddress } from "../ui/address.ts";
import { Button } from "../ui/button.tsx";
import { Select } from "../ui/field.tsx";
import { useUrlState } from "../ui/url-state.ts";
import { Palette } from "./palette.tsx";
import { ThemeChoice } from "./theme-choice.tsx";

const isMac = /Mac|iPhone/.test(navigator.userAgent);

function Menu({ onGo }: { readonly onGo: () => void }) {
  const [path] = useLocation();
  const address = useAddress();
  const isHere = (of: string) => (of === "/" ? path === "/" : path === of || path.startsWith(`${of}/`));
  return (
    <ul className="grid gap-0.5">
      {screens.flatMap(({ path: of, title }) =>
        title ? (
          <li key={of}>
            <Link
              href={address(of)}
              onClick={onGo}
              aria-current={isHere(of) ? "page" : undefined}
              className="block rounded-md px-3 py-1.5 text-ink hover:bg-sunk aria-[current=page]:bg-sunk aria-[current=page]:font-semibold"
            >
              {title}
            </Link>
          </li>
        ) : (
          []
        ),
      )}
    </ul>
  );
}

function ProjectChooser() {
  const { who, project } = useSession();
  const [, setProject] = useUrlState("project");
  if (who.kind === "project") return <p className="px-1 text-sm text-soft">{who.project?.name}</p>;
  return (
    <Select aria-label="Project" value={project ?? ""} onChange={(event) => setProject(event.target.value)}>
      {who.projects.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </Select>
  );
}

export function Shell({ isHeard, children }: { readonly isHeard: boolean; readonly children: ReactNode }) {
  const { signOut } = useSession();
  const [isOpen, setOpen] = useState(false);
  const [isFinding, setFinding] = useState(false);
  useEffect(() => {
    const open = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      setFinding(true);
    };
    addEventListener("keydown", open);
    return () => removeEventListener("keydown", open);
  }, []);
  return (
    <div className="min-h-dvh md:grid md:grid-cols-[14rem_minmax(0,1fr)]">
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:absolute focus:z-30 focus:bg-panel focus:p-2"
      >
        To the content
      </a>
      <header className="border-line bg-panel p-3 max-md:border-b md:sticky md:top-0 md:flex md:h-dvh md:flex-col md:gap-3 md:border-r">
        <div className="flex items-center gap-2">
          <img src="/icon.svg" alt="" className="size-7" />
          <span className="font-semibold">Perennial</span>
          <Button
            className="ml-auto md:hidden"
            aria-expanded={isOpen}
            aria-controls="menu"
            onClick={() => setOpen(!isOpen)}
          >
            Menu
          </Button>
        </div>
        <div id="menu" className={`${isOpen ? "" : "max-md:hidden"} flex grow flex-col gap-3 max-md:mt-3`}>
          <ProjectChooser />
          <Button onClick={() => setFinding(true)} className="!justify-between text-soft">
            Find <kbd className="font-sans text-xs">{isMac ? "⌘K" : "Ctrl K"}</kbd>
          </Button>
          <nav aria-label="Pages">
            <Menu onGo={() => setOpen(false)} />
          </nav>
          <div className="mt-auto grid gap-2">
            <p role="status" className="px-1 text-sm text-warn">
              {isHeard ? "" : "! No connection; trying again"}
            </p>
            <div className="grid gap-2">
              <ThemeChoice />
              <Button onClick={() => void signOut()}>Sign out</Button>
            </div>
          </div>
        </div>
      </header>
      {children}
      {isFinding && <Palette onClose={() => setFinding(false)} />}
    </div>
  );
}
