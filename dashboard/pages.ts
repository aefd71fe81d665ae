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
  { path: "/jobs", title: "Jobs", Component: lazy(() => import("./pages/jobs/jobs.tsx")) },
  { path: "/jobs/:id", Component: lazy(() => import("./pages/jobs/job.tsx")) },
  { path: "/files", title: "Files", Component: lazy(() => import("./pages/files/files.tsx")) },
];
