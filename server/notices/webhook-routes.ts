import { Hono } from "hono";
import {
  CreateWebhook,
  ListDeliveries,
  ListWebhooks,
  ReplayDeliveries,
  RotateSecret,
  TestWebhook,
  UpdateWebhook,
  WebhookEventType,
} from "../../contract/webhooks.ts";
import { type AppEnv, body, projectOf, query } from "../platform/http.ts";
import type { Deliveries } from "./deliveries.ts";
import type { Webhooks } from "./webhooks.ts";

/** OpenAI's paths. */
export const webhookRoutes = (webhooks: Webhooks) =>
  new Hono<AppEnv>()
    .post("/", async (c) => {
      const { projectId } = projectOf(c);
      return c.json(await webhooks.create(projectId, await body(c, CreateWebhook)));
    })
    .get("/", async (c) => c.json(await webhooks.list(projectOf(c).projectId, query(c, ListWebhooks))))
    .get("/:id", async (c) => c.json(await webhooks.get(projectOf(c).projectId, c.req.param("id"))))
    .post("/:id", async (c) => {
      const { projectId } = projectOf(c);
      return c.json(await webhooks.update(projectId, c.req.param("id"), await body(c, UpdateWebhook)));
    })
    .delete("/:id", async (c) => c.json(await webhooks.remove(projectOf(c).projectId, c.req.param("id"))))
    .post("/:id/rotate_secret", async (c) => {
      const { projectId } = projectOf(c);
      const { keep_old_secret_active_for_24_hours: keepsOld } = await body(c, RotateSecret);
      return c.json(await webhooks.rotate(projectId, c.req.param("id"), keepsOld));
    })
    .post("/:id/test", async (c) => {
      const { projectId } = projectOf(c);
      const { event_type: type } = await body(c, TestWebhook);
      const { signal } = c.req.raw;
      return c.json(await webhooks.test(projectId, c.req.param("id"), { type, signal }));
    });

export const eventTypeRoutes = () =>
  new Hono<AppEnv>().get("/", (c) => {
    projectOf(c);
    return c.json({ object: "list", data: WebhookEventType.options });
  });

/** What OpenAI does not have: the delivery log. */
export const deliveryRoutes = (deliveries: Deliveries) =>
  new Hono<AppEnv>()
    .post("/:id/replay", async (c) => {
      const { projectId } = projectOf(c);
      const request = await body(c, ReplayDeliveries);
      return c.json(await deliveries.replaySince(projectId, c.req.param("id"), request));
    })
    .get("/:id/deliveries", async (c) =>
      c.json(await deliveries.list(projectOf(c).projectId, c.req.param("id"), query(c, ListDeliveries))),
    )
    .get("/:id/deliveries/:delivery", async (c) =>
      c.json(await deliveries.get(projectOf(c).projectId, c.req.param("id"), c.req.param("delivery"))),
    )
    .post("/:id/deliveries/:delivery/replay", async (c) =>
      c.json(await deliveries.replayOne(projectOf(c).projectId, c.req.param("id"), c.req.param("delivery"))),
    );
