import type { Log } from "./platform/log.ts";

const EXPIRING_MS = 600 * 1000;

/** Takes away what is past its time, now and then. */
export function expireRegularly(all: readonly { expire(): Promise<unknown> }[], log: Log): Disposable {
  const expire = () =>
    Promise.all(all.map((one) => one.expire())).catch((err) =>
      log.error({ err }, "expiring what is past its time failed"),
    );
  const timer = setInterval(expire, EXPIRING_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
