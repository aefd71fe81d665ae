import type { Page } from "playwright-core";

/** Counts, in the page itself, what keeps it from answering: tasks of 50 ms and more, and the time between frames. */
const WATCH = `(() => {
  const seen = { tasks: [], frames: [] };
  window.benchSeen = seen;
  new PerformanceObserver((list) => seen.tasks.push(...list.getEntries().map(({ duration }) => duration)))
    .observe({ type: "longtask", buffered: true });
  let last = performance.now();
  const frame = (now) => { seen.frames.push(now - last); last = now; requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
})()`;

const READ = `(() => {
  const { tasks, frames } = window.benchSeen;
  const found = { tasks: tasks.splice(0), frames: frames.splice(0) };
  return JSON.stringify(found);
})()`;

export async function watch(page: Page): Promise<void> {
  await page.addInitScript(WATCH);
}

const most = (values: readonly number[]) => Math.round(Math.max(0, ...values));

/** What was seen since the last reading. */
export async function read(page: Page) {
  const found: { tasks: number[]; frames: number[] } = JSON.parse(await page.evaluate<string>(READ));
  const sorted = found.frames.toSorted((a, b) => a - b);
  return {
    longest_task_ms: most(found.tasks),
    long_tasks: found.tasks.length,
    longest_frame_ms: most(found.frames),
    frame_p95_ms: Math.round(sorted[Math.floor(sorted.length * 0.95)] ?? 0),
  };
}
