import { Deprecation, type ListDeprecations } from "../contract/deprecations.ts";
import { pageOf } from "./pages.ts";
import type { Transport } from "./transport.ts";

const DeprecationPage = pageOf(Deprecation);

export const createDeprecations = ({ call }: Transport) => ({
  /** By day. */
  list: async (asked: ListDeprecations, signal?: AbortSignal): Promise<Deprecation[]> => {
    const request = { query: asked, ...(signal ? { signal } : {}) };
    return (await call(DeprecationPage, "/perennial/deprecations", request)).data;
  },
});
