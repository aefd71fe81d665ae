import { type ComponentType, type LazyExoticComponent, lazy } from "react";

export type Screen = {
  /** As wouter reads it. */
  readonly path: string;
  /** Its name in the menu; absent: it is reached from another. */
  readonly title?: string;
  readonly load: Load;
  readonly Component: LazyExoticComponent<ComponentType<Record<string, string>>>;
};
type Load = () => Promise<{ default: ComponentType<Record<string, string>> }>;

const screen = (path: string, load: Load, title?: string): Screen => ({
  path,
  load,
  Component: lazy(load),
  ...(title === undefined ? {} : { title }),
});

/** Every screen, in the menu's order. Each is loaded when it is first shown. */
export const screens: readonly Screen[] = [
  screen("/", () => import("./pages/overview/overview.tsx"), "Overview"),
  screen("/new", () => import("./pages/new/new-job.tsx"), "New fine-tune"),
  screen("/jobs", () => import("./pages/jobs/jobs.tsx"), "Jobs"),
  screen("/jobs/:id", () => import("./pages/jobs/job.tsx")),
  screen("/models", () => import("./pages/models/models.tsx"), "Models"),
  screen("/models/:id", () => import("./pages/models/model.tsx")),
  screen("/playground", () => import("./pages/playground/playground.tsx"), "Playground"),
  screen("/lifecycle", () => import("./pages/lifecycle/lifecycle.tsx"), "Life cycle"),
  screen("/files", () => import("./pages/files/files.tsx"), "Files"),
  screen("/keys", () => import("./pages/keys/keys.tsx"), "Keys"),
  screen("/usage", () => import("./pages/usage/usage.tsx"), "Usage"),
  screen("/webhooks", () => import("./pages/webhooks/webhooks.tsx"), "Webhooks"),
  screen("/settings", () => import("./pages/settings/settings.tsx"), "Settings"),
];

const isOf = ({ path }: Screen, pathname: string): boolean =>
  path.endsWith("/:id") ? pathname.startsWith(path.slice(0, -3)) : path === pathname;

/** Begins to load the screen that an address asks for, before it is known who asks. */
export const preload = (pathname: string): void =>
  void screens
    .find((one) => isOf(one, pathname))
    ?.load()
    .catch(() => {});
