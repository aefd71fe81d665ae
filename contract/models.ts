import { z } from "zod";

/** OpenAI's `Model`. */
export const ModelObject = z.object({
  id: z.string(),
  object: z.literal("model"),
  created: z.int(),
  owned_by: z.string(),
  /** `YYYY-MM-DD`, at 00:00 UTC; null: none is planned. */
  shutdown_date: z.string().nullish(),
});
export type ModelObject = z.infer<typeof ModelObject>;

/** `base.json` in a base model's folder, written when the base is added. */
export const BaseManifest = z.object({
  id: z.string().regex(/^[a-z0-9][a-z0-9._-]*$/),
  format: z.enum(["gguf", "safetensors"]),
  /** Relative to the manifest: the file that is served, and the folder that is trained on. */
  gguf: z.string(),
  hf: z.string(),
  context_length: z.int(),
  parameters: z.int(),
  /** null: the file that it was made from does not say. */
  license: z.string().nullish(),
  /** SHA-256 of the file that it was made from. */
  source_sha256: z.string().optional(),
  created: z.int(),
});
export type BaseManifest = z.infer<typeof BaseManifest>;
