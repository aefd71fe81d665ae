import { z } from "zod";

/** What a header can carry after "Bearer ", whole. */
export const KeyText = z
  .string()
  .regex(/^[\x21-\x7e]+$/, "expected letters, digits and signs of ASCII, without spaces");

export const CreateProject = z.strictObject({ name: z.string().min(1).max(100) });
export const CreateKey = z.strictObject({ name: z.string().min(1).max(100).default("Key") });

/** OpenAI's `organization.project`. */
export const ProjectObject = z.object({
  id: z.string(),
  object: z.literal("organization.project"),
  name: z.string(),
  created_at: z.int(),
  archived_at: z.int().nullable(),
  status: z.enum(["active", "archived"]),
});
export type ProjectObject = z.infer<typeof ProjectObject>;

/** OpenAI's `organization.project.api_key`; `value` is there once, in the answer that creates it. */
export const KeyObject = z.object({
  object: z.literal("organization.project.api_key"),
  id: z.string(),
  name: z.string(),
  redacted_value: z.string(),
  value: z.string().optional(),
  created_at: z.int(),
  last_used_at: z.int().nullable(),
  owner: z.object({
    type: z.literal("service_account"),
    service_account: z.object({ id: z.string(), name: z.string(), created_at: z.int(), role: z.string() }),
  }),
});
export type KeyObject = z.infer<typeof KeyObject>;
