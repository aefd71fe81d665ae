import { type ComponentType, type LazyExoticComponent, lazy } from "react";

export type Screen = {
  /** As wouter reads it. */
  readonly path: string;
  /** Its name in the menu; absent: it is reached from another. */
  readonly title?: string;
  readonly Component: LazyExoticComponent<ComponentType<Record<string, string>>>;
};

/** Every screen, in the menu's order. Each is loaded when it is first shown. */
export const screens: readonly Screen[] = [
  { path: "/", title: "Overview", Component: lazy(() => import("./pages/overview/overview.tsx")) },
  { path: "/new", title: "New fine-tune", Component: lazy(() => import("./pages/new/new-job.tsx")) },
  { path: "/jobs", title: "Jobs", Component: lazy(() => import("./pages/jobs/jobs.tsx")) },
  { path: "/jobs/:id", Component: lazy(() => import("./pages/jobs/job.tsx")) },
  { path: "/models", title: "Models", Component: lazy(() => import("./pages/models/models.tsx")) },
  { path: "/models/:id", Component: lazy(() => import("./pages/models/model.tsx")) },
  {
    path: "/playground",
    title: "Playground",
    Component: lazy(() => import("./pages/playground/playground.tsx")),
  },
  {
    path: "/lifecycle",
    title: "Life cycle",
    Component: lazy(() => import("./pages/lifecycle/lifecycle.tsx")),
  },
  { path: "/files", title: "Files", Component: lazy(() => import("./pages/files/files.tsx")) },
  { path: "/keys", title: "Keys", Component: lazy(() => import("./pages/keys/keys.tsx")) },
  { path: "/usage", title: "Usage", Component: lazy(() => import("./pages/usage/usage.tsx")) },
  { path: "/webhooks", title: "Webhooks", Component: lazy(() => import("./pages/webhooks/webhooks.tsx")) },
  { path: "/settings", title: "Settings", Component: lazy(() => import("./pages/settings/settings.tsx")) },
];
