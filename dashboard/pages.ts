import { type ComponentType, type LazyExoticComponent, lazy } from "react";

/** After the first screen and what it asks the server for. */
const OTHERS_MS = 2000;

export type Screen = {
  /** As wouter reads it. */
  readonly path: string;
  /** Its name in the menu; absent: it is reached from another. */
  readonly title?: string;
  readonly load: Load;
  readonly Component: LazyExoticComponent<ComponentType<Record<string, string>>>;
};
type Module = { default: ComponentType<Record<string, string>> };
type Load = () => Promise<Module>;

// React's types want a promise; it calls `then` and nothing else.
const atOnce = (module: Module) =>
  // biome-ignore lint/suspicious/noThenProperty: a promise answers a moment later
  ({ then: (done: (module: Module) => void) => done(module) }) as Promise<Module>;

/**
 * Loads once. What has come is given at once, not a moment later: React leaves whatever it shows for a screen that is not
 * there in its place for 300 ms.
 */
function loadOnce(load: Load): Load {
  let loaded: Module | null = null;
  return () => (loaded ? atOnce(loaded) : load().then((module) => (loaded = module)));
}

function screen(path: string, load: Load, title?: string): Screen {
  const once = loadOnce(load);
  return { path, load: once, Component: lazy(once), ...(title === undefined ? {} : { title }) };
}

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

/** What could not be loaded is asked for again by who opens it, and told there. */
const begin = ({ load }: Screen): void =>
  void load().then(
    () => {},
    () => {},
  );

/** Begins to load the screen that an address asks for, before it is known who asks. */
export const preload = (pathname: string): void =>
  screens.filter((one) => isOf(one, pathname)).forEach(begin);

/** Loads the others a little later, so that each is there when it is opened. */
export const preloadOthers = (): number => window.setTimeout(() => screens.forEach(begin), OTHERS_MS);
