import { z } from "zod";
import { limitTo } from "./common.ts";

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

export const OrganizationName = z
  .string()
  .regex(/^[a-z0-9-]{1,40}$/, "use 1 to 40 of a to z, 0 to 9 and '-'");
export const CreateOrganization = z.strictObject({ name: OrganizationName });

/** Perennial's own: a customer of this installation, with projects, keys and models of its own. */
export const OrganizationObject = z.object({
  id: z.string(),
  object: z.literal("organization"),
  /** Part of tuned models' names. */
  name: z.string(),
  created_at: z.int(),
  is_operator: z.boolean(),
  /** There once, in the answer that makes it. */
  admin_key: z.string().optional(),
  default_project: z.string().optional(),
});
export type OrganizationObject = z.infer<typeof OrganizationObject>;
export const ListOrganizations = z.object({ limit: limitTo(100, 20), after: z.string().optional() });
