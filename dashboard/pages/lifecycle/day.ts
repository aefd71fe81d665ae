/** The day in UTC at `ms` since 1970, as the life cycle writes days: "2027-01-31". */
export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
