/** null means the same as leaving a field out. */
export const isGiven = (value: unknown): boolean => value !== null && value !== undefined;
