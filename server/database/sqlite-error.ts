/** Result codes of SQLite (sqlite.org/rescode.html). */
export const SQLITE_BUSY = 5;
export const SQLITE_CORRUPT = 11;
export const SQLITE_NOTADB = 26;

/** The low byte is the code; the rest tells its kinds apart. */
export const hasErrorCode = (error: unknown, ...codes: readonly number[]): boolean =>
  error instanceof Error &&
  "errcode" in error &&
  typeof error.errcode === "number" &&
  codes.includes(error.errcode & 0xff);
