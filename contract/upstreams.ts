import { z } from "zod";

const Name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._/:-]{0,127}$/, "expected letters, digits and . _ - / :");

/** A model of an upstream: what it is called there (left out: the same), and how many tokens it reads and writes. */
const UpstreamModel = z.strictObject({
  model: z.string().min(1).optional(),
  context_length: z.int().min(1).default(128_000),
});

/** A server that speaks OpenAI's API. Its key stands in a variable or a file, never here. */
export const Upstream = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, "expected lower-case letters, digits and . _ -"),
    url: z
      .url({ protocol: /^https?$/, error: "expected a URL such as http://localhost:11434/v1" })
      .refine((url) => !new URL(url).search && !new URL(url).hash && !new URL(url).username, {
        error: "expected a URL without a user, ? or #",
      })
      .transform((url) => url.replace(/\/+$/, "")),
    api_key_env: z.string().min(1).optional(),
    api_key_file: z.string().min(1).optional(),
    /** Requests at the same time. */
    concurrency: z.int().min(1).max(10_000).default(64),
    models: z
      .record(
        Name,
        UpstreamModel.nullable().transform((model) => model ?? UpstreamModel.parse({})),
      )
      .refine((models) => Object.keys(models).length > 0, "expected at least one model"),
  })
  .refine(({ api_key_env, api_key_file }) => !(api_key_env && api_key_file), {
    error: "expected api_key_env or api_key_file, not both",
    path: ["api_key_file"],
  });
export type Upstream = z.infer<typeof Upstream>;

/** The file that PERENNIAL_UPSTREAMS names. */
export const Upstreams = z.strictObject({
  upstreams: z
    .array(Upstream)
    .refine(
      (upstreams) => new Set(upstreams.map(({ name }) => name)).size === upstreams.length,
      "expected each name once",
    ),
});
