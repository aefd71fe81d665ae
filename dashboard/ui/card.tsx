import type { ReactNode } from "react";

type CardProps = { readonly title?: string; readonly actions?: ReactNode; readonly children: ReactNode };

export const Card = ({ title, actions, children }: CardProps) => (
  <section className="rounded-lg border border-line bg-panel p-4">
    {(title || actions) && (
      <div className="mb-3 flex flex-wrap items-center justify-between gap-2">
        <h2 className="font-semibold">{title}</h2>
        {actions}
      </div>
    )}
    {children}
  </section>
);

/** One figure with its name. */
export const Stat = ({ label, children }: { readonly label: string; readonly children: ReactNode }) => (
  <div className="min-w-28">
    <dt className="text-sm text-soft">{label}</dt>
    <dd className="text-lg font-semibold tabular-nums">{children}</dd>
  </div>
);

type PageProps = { readonly title: string; readonly actions?: ReactNode; readonly children: ReactNode };

/** A screen: its title, which is also the tab's, and what can be done there. */
export const Page = ({ title, actions, children }: PageProps) => (
  <div className="mx-auto grid w-full max-w-6xl grid-cols-[minmax(0,1fr)] gap-4 p-4 md:p-6">
    <title>{`${title} · Perennial`}</title>
    <div className="flex flex-wrap items-center justify-between gap-3">
      <h1 className="min-w-0 text-xl font-semibold break-words">{title}</h1>
      <div className="flex flex-wrap gap-2">{actions}</div>
    </div>
    {children}
  </div>
);
