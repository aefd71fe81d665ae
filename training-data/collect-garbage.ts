import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const isCollector = (value: unknown): value is () => void => typeof value === "function";

/** V8's own full collection, of the thread that asks; nothing where it cannot be had. */
export function garbageCollector(): () => void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  setFlagsFromString("--no-expose-gc");
  return isCollector(collect) ? collect : () => {};
}
