import { type RequestObject, RequestPage, type UsageBucket, UsagePage } from "../contract/usage.ts";
import type { Query, Transport } from "./transport.ts";

export type RequestFilter = {
  readonly model?: string;
  readonly status?: string;
  /** Unix seconds. */
  readonly since?: number;
};
export type UsageFilter = {
  readonly start_time: number;
  readonly bucket_width: "1m" | "1h" | "1d";
  readonly group_by: readonly ("project_id" | "api_key_id" | "model")[];
  readonly models?: readonly string[];
  readonly limit: number;
};

const PAGE = 1000;

/** Of the key's project; with an admin key, of its organization. */
export const createUsage = ({ call }: Transport) => ({
  /** Newest first. A page may be empty and not the last. */
  async *requests(filter: RequestFilter = {}, pageSize = PAGE): AsyncGenerator<RequestObject> {
    let after: string | undefined;
    for (;;) {
      const query: Query = { ...filter, limit: Math.min(pageSize, PAGE), after };
      const page = await call(RequestPage, "/perennial/requests", { query });
      yield* page.data;
      if (!page.has_more || page.last_id === null) return;
      after = page.last_id;
    }
  },

  /** In the order of time. */
  async *buckets(filter: UsageFilter): AsyncGenerator<UsageBucket> {
    let page: string | undefined;
    do {
      const found: UsagePage = await call(UsagePage, "/perennial/usage", { query: { ...filter, page } });
      yield* found.data;
      page = found.next_page ?? undefined;
    } while (page !== undefined);
  },
});
