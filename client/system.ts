import { SystemObject } from "../contract/system.ts";
import type { Transport } from "./transport.ts";

/** The machine that the server runs on. */
export const createSystem = ({ call }: Transport) => ({
  get: (signal?: AbortSignal) => call(SystemObject, "/perennial/system", signal ? { signal } : {}),
});
