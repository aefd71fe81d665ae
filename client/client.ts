import { createChat } from "./chat.ts";
import { createCheckpointPermissions } from "./checkpoint-permissions.ts";
import { createDashboard } from "./dashboard.ts";
import { createDeprecations } from "./deprecations.ts";
import { createFileChecks } from "./file-checks.ts";
import { createFiles } from "./files.ts";
import { createJobs } from "./jobs.ts";
import { createLifecycle } from "./lifecycle.ts";
import { createModels } from "./models.ts";
import { createContacts, createNotices } from "./notices.ts";
import { createOrganizations } from "./organizations.ts";
import { createProjects } from "./projects.ts";
import { createSystem } from "./system.ts";
import { type Connection, createTransport } from "./transport.ts";
import { createUploads } from "./uploads.ts";
import { createUsage } from "./usage.ts";
import { createWebhooks } from "./webhooks.ts";

/** A caller of Perennial's HTTP API; every answer is read by the contract's schemas. */
export function createClient(connection: Connection) {
  const transport = createTransport(connection);
  return {
    files: createFiles(transport),
    uploads: createUploads(transport),
    fileChecks: createFileChecks(transport),
    jobs: createJobs(transport),
    models: createModels(transport),
    chat: createChat(transport),
    checkpointPermissions: createCheckpointPermissions(transport),
    projects: createProjects(transport),
    dashboard: createDashboard(transport),
    system: createSystem(transport),
    deprecations: createDeprecations(transport),
    organizations: createOrganizations(transport),
    lifecycle: createLifecycle(transport),
    usage: createUsage(transport),
    webhooks: createWebhooks(transport),
    notices: createNotices(transport),
    contacts: createContacts(transport),
  };
}
export type Client = ReturnType<typeof createClient>;
