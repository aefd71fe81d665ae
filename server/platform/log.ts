import { pino } from "pino";

/** What every part may say. Facts only: never a key, a prompt or an answer. */
export type Log = {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
};

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

export const createLog = (level: LogLevel): Log =>
  pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime });

export const silentLog: Log = { info() {}, warn() {}, error() {} };
