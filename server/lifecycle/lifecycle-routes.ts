import { Hono } from "hono";
import { ApplyPlan, ListChanges, PlanHash } from "../../contract/lifecycle.ts";
import { type AppContext, type AppEnv, assertOperator, body, projectOf, query } from "../platform/http.ts";
import { parse } from "../platform/validation.ts";
import { listBuiltins } from "./builtin.ts";
import type { Changes } from "./changes.ts";
import { readDocumentText } from "./document-text.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { Status } from "./status.ts";

export type LifecycleParts = {
  readonly lifecycle: Pick<Lifecycle, "show">;
  readonly changes: Changes;
  readonly status: Status;
};

const isYaml = (c: AppContext) => /\byaml\b/.test(c.req.header("content-type") ?? "");

/** A change as JSON, or as the YAML file that it is kept in. */
async function documentIn(c: AppContext): Promise<unknown> {
  const text = await c.req.text();
  // JSON is YAML, and so is read by the same rules.
  return readDocumentText(text);
}

/** As JSON with both, or as YAML with the hash in the query, so that `curl --data-binary @file` is enough. */
async function applied(c: AppContext): Promise<{ document: unknown; hash: string }> {
  if (isYaml(c)) return { document: await documentIn(c), hash: parse(PlanHash, c.req.query()).plan_hash };
  const { document, plan_hash } = await body(c, ApplyPlan);
  return { document, hash: plan_hash };
}

/** `/perennial/lifecycle`: where a project stands; for the operator what is in force, and changing it. */
export const lifecycleRoutes = ({ lifecycle, changes, status }: LifecycleParts) =>
  new Hono<AppEnv>()
    .get("/status", async (c) => c.json(await status.status(projectOf(c))))
    .get("/", (c) => {
      assertOperator(c);
      return c.json(lifecycle.show());
    })
    .get("/builtin_policies", (c) => c.json({ object: "list", data: listBuiltins(), has_more: false }))
    .post("/plans", async (c) => {
      assertOperator(c);
      return c.json(await changes.plan(await documentIn(c)));
    })
    .post("/changes", async (c) => {
      const { keyId } = assertOperator(c);
      const { document, hash } = await applied(c);
      return c.json(await changes.apply(document, hash, keyId));
    })
    .get("/changes", async (c) => {
      assertOperator(c);
      return c.json(await changes.list(query(c, ListChanges)));
    })
    .get("/changes/:id", async (c) => {
      assertOperator(c);
      return c.json(await changes.get(c.req.param("id")));
    })
    .post("/changes/:id/undo", async (c) => {
      const { keyId } = assertOperator(c);
      return c.json(await changes.undo(c.req.param("id"), keyId));
    });
