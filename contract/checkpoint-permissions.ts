import { z } from "zod";
import { limitTo } from "./common.ts";

/** `CreateFineTuningCheckpointPermissionRequest`. */
export const GrantPermissions = z.strictObject({ project_ids: z.array(z.string()).min(1).max(1000) });
export type GrantPermissions = z.infer<typeof GrantPermissions>;

/** OpenAI's words for the order differ here from those of every other list. */
export const ListPermissions = z.object({
  project_id: z.string().optional(),
  after: z.string().optional(),
  limit: limitTo(1000, 10),
  order: z.enum(["ascending", "descending"]).default("descending"),
});
export type ListPermissions = z.infer<typeof ListPermissions>;

/** OpenAI's `FineTuningCheckpointPermission`. */
export const CheckpointPermission = z.object({
  id: z.string(),
  object: z.literal("checkpoint.permission"),
  created_at: z.int(),
  project_id: z.string(),
});
export type CheckpointPermission = z.infer<typeof CheckpointPermission>;
