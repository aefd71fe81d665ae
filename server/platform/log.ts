import { pino } from "pino";

/** What every part may say. Facts only: never a key, a prompt or an answer. */
export type Log = {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
};

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** Lines wait for at most so long, since each write stops the process for a moment. */
const FLUSH_MS = 100;
const FLUSH_BYTES = 4096;

/** Writes to standard output; what waits is written when the process ends, but not when it is killed. */
export function createLog(level: LogLevel): Log {
  const output = pino.destination({ sync: true, minLength: FLUSH_BYTES, periodicFlush: FLUSH_MS });
  process.on("exit", () => output.flushSync());
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, output);
}

export const silentLog: Log = { info() {}, warn() {}, error() {} };
