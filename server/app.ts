import { Hono } from "hono";
import { keyRoutes, organizationRoutes } from "./api-keys/key-routes.ts";
import type { Keys } from "./api-keys/keys.ts";
import type { Organizations } from "./api-keys/organizations.ts";
import { bundleRoutes } from "./bundles/bundle-routes.ts";
import type { Bundles } from "./bundles/open-bundles.ts";
import { storedCompletionRoutes } from "./chat/stored-completion-routes.ts";
import type { StoredCompletions } from "./chat/stored-completions.ts";
import { permissionRoutes } from "./checkpoint-permissions/permission-routes.ts";
import type { Permissions } from "./checkpoint-permissions/permissions.ts";
import { conversationRoutes } from "./conversations/conversation-routes.ts";
import type { Conversations } from "./conversations/conversations.ts";
import type { BuiltPages } from "./dashboard/built-pages.ts";
import { changeRoutes, noteChanges } from "./dashboard/change-routes.ts";
import type { AssertHost } from "./dashboard/hosts.ts";
import { pageRoutes } from "./dashboard/page-routes.ts";
import { type SessionParts, sessionRoutes } from "./dashboard/session-routes.ts";
import type { DescribeSystem } from "./dashboard/system.ts";
import { systemRoutes } from "./dashboard/system-routes.ts";
import { estimateRoutes } from "./estimates/estimate-routes.ts";
import type { Estimate } from "./estimates/estimates.ts";
import { deprecationRoutes, type FeedNeeds, feedRoutes } from "./feeds/feed-routes.ts";
import { fileCheckRoutes } from "./file-checks/file-check-routes.ts";
import type { FileChecks } from "./file-checks/file-checks.ts";
import type { FileBytes } from "./files/file-bytes.ts";
import { fileRoutes } from "./files/file-routes.ts";
import type { Files } from "./files/files.ts";
import { jobRoutes, ownJobRoutes } from "./fine-tuning/job-routes.ts";
import type { Jobs } from "./fine-tuning/jobs.ts";
import type { Metering } from "./generation/metered.ts";
import { type LifecycleParts, lifecycleRoutes } from "./lifecycle/lifecycle-routes.ts";
import { modelRoutes } from "./models/model-routes.ts";
import type { Models } from "./models/models.ts";
import type { Deliveries } from "./notices/deliveries.ts";
import { type NoticeParts, noticeRoutes } from "./notices/notice-routes.ts";
import { deliveryRoutes, eventTypeRoutes, webhookRoutes } from "./notices/webhook-routes.ts";
import type { Webhooks } from "./notices/webhooks.ts";
import { createExactRouter } from "./platform/exact-router.ts";
import {
  type AppContext,
  type AppEnv,
  logRequests,
  notFound,
  onError,
  setRequestId,
} from "./platform/http.ts";
import type { Log } from "./platform/log.ts";
import { type Questions, questionRoute } from "./platform/question.ts";
import { answerAfterBody, limitBody, refuseEncoded } from "./platform/request-body.ts";
import { rateLimitRoutes } from "./rate-limits/rate-limit-routes.ts";
import type { RateLimits } from "./rate-limits/rate-limits.ts";
import { responseRoutes } from "./responses/response-routes.ts";
import type { Responses } from "./responses/responses.ts";
import { partRoutes, uploadRoutes } from "./uploads/upload-routes.ts";
import type { Uploads } from "./uploads/uploads.ts";
import type { Requests } from "./usage/requests.ts";
import { ownUsageRoutes, requestRoutes, usageRoutes } from "./usage/usage-routes.ts";
import type { UsageSums } from "./usage/usage-sums.ts";

export type AppParts = {
  log: Log;
  authenticate: (c: AppContext, next: () => Promise<void>) => Promise<void>;
  isReady: () => Promise<boolean>;
  metrics: () => Promise<string>;
  keys: Keys;
  organizations: Organizations;
  files: Files;
  fileBytes: FileBytes;
  uploads: Uploads;
  partBytes: FileBytes;
  fileChecks: FileChecks;
  jobs: Jobs;
  estimate: Estimate;
  permissions: Permissions;
  models: Models;
  bundles: Bundles;
  webhooks: Webhooks;
  deliveries: Deliveries;
  responses: Responses;
  conversations: Conversations;
  questions: Questions;
  storedCompletions: StoredCompletions;
  metering: Metering;
  rateLimits: RateLimits;
  requests: Requests;
  usageSums: UsageSums;
  /** Where people read about dates. */
  deprecationsPage: string;
  lifecycle: LifecycleParts;
  feeds: FeedNeeds;
  notices: NoticeParts;
  dashboard: {
    readonly session: SessionParts;
    readonly describeSystem: DescribeSystem;
    readonly follow: Parameters<typeof changeRoutes>[0];
    readonly pages: { readonly built: BuiltPages; readonly assertHost: AssertHost };
  };
};

/** The HTTP app: middleware, then one line a resource. */
export function createApp(parts: AppParts) {
  const app = new Hono<AppEnv>({ router: createExactRouter() });
  app.onError(onError(parts.log));
  app.notFound(notFound);
  app.use(setRequestId, logRequests(parts.log), answerAfterBody);
  app.get("/healthz", (c) => c.json({ status: "ok" }));
  app.get("/readyz", async (c) =>
    (await parts.isReady()) ? c.json({ status: "ok" }) : c.json({ status: "no" }, 503),
  );
  app.get("/metrics", async (c) => c.text(await parts.metrics()));
  app.route("/", feedRoutes(parts.feeds, parts.authenticate));
  app.route("/dashboard", sessionRoutes(parts.dashboard.session));
  app.use("/v1/*", parts.authenticate, refuseEncoded, noteChanges(parts.dashboard.follow.changes));
  // Files stream to disk and have a limit of their own.
  app.route("/v1/files", fileRoutes(parts.files, parts.fileBytes));
  app.route("/v1/uploads", partRoutes(parts.uploads, parts.partBytes));
  app.route("/v1/perennial/models", bundleRoutes(parts.bundles));
  app.use("/v1/*", limitBody);
  app.route("/v1/fine_tuning/jobs", jobRoutes(parts.jobs));
  app.route("/v1/perennial/fine_tuning/jobs", ownJobRoutes(parts.jobs));
  app.route("/v1/perennial/fine_tuning/estimate", estimateRoutes(parts.estimate));
  app.route("/v1/fine_tuning/checkpoints", permissionRoutes(parts.permissions));
  app.route("/v1/uploads", uploadRoutes(parts.uploads));
  app.route("/v1/perennial/files", fileCheckRoutes(parts.fileChecks));
  app.route("/v1/perennial/deprecations", deprecationRoutes(parts.feeds.deprecations));
  app.route("/v1/models", modelRoutes(parts.models, parts.deprecationsPage));
  app.route("/v1/webhook_endpoints", webhookRoutes(parts.webhooks));
  app.route("/v1/webhook_event_types", eventTypeRoutes());
  app.route("/v1/perennial/webhooks", webhookRoutes(parts.webhooks));
  app.route("/v1/perennial/webhooks", deliveryRoutes(parts.deliveries));
  app.route("/v1/chat/completions", storedCompletionRoutes(parts.storedCompletions));
  app.route("/v1/responses", responseRoutes(parts.responses, parts));
  app.route("/v1/conversations", conversationRoutes(parts.conversations));
  for (const [path, answer] of parts.questions) app.post(path, questionRoute(answer));
  app.route("/v1/organization/projects", keyRoutes(parts.keys));
  app.route("/v1/organization/projects", rateLimitRoutes(parts.rateLimits));
  app.route("/v1/organization/usage", usageRoutes(parts.usageSums));
  app.route("/v1/perennial/usage", ownUsageRoutes(parts.usageSums));
  app.route("/v1/perennial/requests", requestRoutes(parts.requests));
  app.route("/v1/perennial/lifecycle", lifecycleRoutes(parts.lifecycle));
  app.route("/v1/perennial/lifecycle", noticeRoutes(parts.notices));
  app.route("/v1/perennial/system", systemRoutes(parts.dashboard.describeSystem));
  app.route("/v1/perennial/changes", changeRoutes(parts.dashboard.follow));
  app.route("/v1/perennial/organizations", organizationRoutes(parts.organizations));
  app.route("/", pageRoutes(parts.dashboard.pages.built, parts.dashboard.pages.assertHost));
  return app;
}
