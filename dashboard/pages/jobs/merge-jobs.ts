import type { FineTuningJob } from "../../../contract/fine-tuning.ts";

/** The newest jobs as they are now. */
type Live = { readonly newest: readonly FineTuningJob[]; readonly others: readonly FineTuningJob[] };

/** Whether jobs may be missing between the newest and the pages: more came than one answer holds. */
export const hasGap = (pages: readonly FineTuningJob[], { newest }: Live, most: number): boolean => {
  const [first] = pages;
  return first !== undefined && newest.length >= most && newest.every(({ id }) => id !== first.id);
};

/** Pages as they were read, each job as it is now, and before them the jobs that came since. */
export function mergeJobs(
  pages: readonly FineTuningJob[],
  { newest, others }: Live,
): readonly FineTuningJob[] {
  const now = new Map([...newest, ...others].map((job) => [job.id, job]));
  const read = new Set(pages.map(({ id }) => id));
  const since = newest.filter(({ id }) => !read.has(id));
  return [...since, ...pages.map((job) => now.get(job.id) ?? job)];
}
