/** Whether "json" is written anywhere in what a model is told, in whatever case. */
export const mentionsJson = (told: unknown): boolean => /json/i.test(JSON.stringify(told) ?? "");
