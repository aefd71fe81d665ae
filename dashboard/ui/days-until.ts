const DAY_SECONDS = 86_400;

/** Whole days until 00:00 UTC of a day; 0 or less: it has begun. */
export const daysUntil = (day: string, nowSeconds: number): number =>
  // Never -0.
  Math.ceil((Date.parse(`${day}T00:00:00Z`) / 1000 - nowSeconds) / DAY_SECONDS) + 0;
