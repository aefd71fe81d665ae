/** What sums can be told apart by, beside their time. */
export type GroupColumn = "project_id" | "key_id" | "model";

/** Times in unix seconds; null: whichever. */
export type SumQuery = {
  readonly organizationId: string;
  readonly from: number;
  readonly to: number;
  readonly projectIds: readonly string[] | null;
  readonly keyIds: readonly string[] | null;
  readonly models: readonly string[] | null;
  readonly groupBy: readonly GroupColumn[];
  /** Sums that are given at most. */
  readonly most: number;
};

/** Of the requests in the stretch of time that begins at `start`. */
export type Sum = {
  readonly start: number;
  readonly requests: number;
  readonly input: number;
  readonly output: number;
  readonly cached: number;
} & { readonly [Column in GroupColumn]?: string };
