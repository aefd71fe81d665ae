export const DAY_SECONDS = 86_400;

/** The first second of a `YYYY-MM-DD`, UTC. */
export const startOf = (day: string): number => Date.parse(`${day}T00:00:00Z`) / 1000;

export const dayOf = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 10);

export const addDays = (day: string, days: number): string => dayOf(startOf(day) + days * DAY_SECONDS);

/** Of two days that may be missing. */
export const earlier = (one: string | null, other: string | null): string | null => {
  if (one === null || other === null) return one ?? other;
  return one < other ? one : other;
};

/** Whole days until a date begins; 0 on its eve's last seconds and afterwards. */
export const daysUntil = (day: string, now: number): number =>
  Math.max(0, Math.ceil((startOf(day) - now) / DAY_SECONDS));
