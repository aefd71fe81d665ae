import { z } from "zod";
import { KeyText } from "./keys.ts";

/** Sent with each call that the dashboard's cookie signs: no other origin's page can send it. */
export const DASHBOARD_HEADER = "x-perennial-dashboard";

/** Which project an admin acts in. */
export const PROJECT_HEADER = "openai-project";

const HostName = z
  .string()
  .regex(/^[a-z0-9._-]+$/, "expected names of hosts with commas between, without ports");

/** As a setting gives them, with commas between. */
export const HostNames = z
  .string()
  .transform((text) => text.toLowerCase().split(/[\s,]+/))
  .transform((names) => names.filter((name) => name !== ""))
  .pipe(z.array(HostName));

const Network = z.union(
  [z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()],
  "expected addresses or networks such as 10.0.0.0/8, with commas between",
);

/** As a setting gives them, with commas between. */
export const Networks = z
  .string()
  .transform((text) => text.split(/[\s,]+/).filter((one) => one !== ""))
  .pipe(z.array(Network));

const secret = KeyText.max(512);

/** By a key, or by a link that works once. */
export const SignIn = z.union([z.strictObject({ key: secret }), z.strictObject({ link: secret })]);
export type SignIn = z.infer<typeof SignIn>;

const NamedProject = z.object({ id: z.string(), name: z.string() });

export const DashboardSession = z.object({
  object: z.literal("dashboard.session"),
  kind: z.enum(["project", "admin"]),
  key_id: z.string(),
  /** The key's own; null for an admin key. */
  project: NamedProject.nullable(),
  /** Those that it may see. */
  projects: z.array(NamedProject),
  /** Of the server. */
  version: z.string(),
});
export type DashboardSession = z.infer<typeof DashboardSession>;

/** Opens the dashboard once, at `/#link=TOKEN`: what stands behind # is never sent, so it is in no log. */
export const DashboardLink = z.object({
  object: z.literal("dashboard.link"),
  token: z.string(),
  expires_at: z.int(),
});
export type DashboardLink = z.infer<typeof DashboardLink>;

/** What a page may show of; a job's models, checkpoints and result files change with it. */
export const ChangeTopic = z.enum([
  "files",
  "jobs",
  "models",
  "keys",
  "lifecycle",
  "webhooks",
  "contacts",
  "responses",
]);
export type ChangeTopic = z.infer<typeof ChangeTopic>;

/**
 * One event of `/v1/perennial/changes`. "connected" comes first: whoever sees it again after a break asks for everything
 * anew, so nothing is missed. `jobs` null: more than are worth naming.
 */
export const ChangeEvent = z.discriminatedUnion("type", [
  z.object({ type: z.literal("connected") }),
  z.object({
    type: z.literal("changed"),
    topics: z.array(ChangeTopic),
    jobs: z.array(z.string()).nullable(),
  }),
]);
export type ChangeEvent = z.infer<typeof ChangeEvent>;
