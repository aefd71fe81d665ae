import { Hono } from "hono";
import { Refusal } from "../../contract/errors.ts";
import { ApplyPlan, ListChanges, PlanHash } from "../../contract/lifecycle.ts";
import { type AppContext, type AppEnv, assertOperator, body, projectOf, query } from "../platform/http.ts";
import { parse } from "../platform/validation.ts";
import { listBuiltins } from "./builtin.ts";
import type { Changes } from "./changes.ts";
import { decodeDocument, readDocumentText } from "./document-text.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { Status } from "./status.ts";

export type LifecycleParts = {
  readonly lifecycle: Pick<Lifecycle, "show">;
  readonly changes: Changes;
  readonly status: Status;
};

const isYaml = (c: AppContext) => /\byaml\b/i.test(c.req.header("content-type") ?? "");

/** Kinds of text; the last is what curl says of `--data-binary` when nobody tells it more. */
const readable =
  /^(application\/(json|yaml|x-yaml|vnd\.yaml|x-www-form-urlencoded)|text\/(yaml|x-yaml|plain))\s*(;|$)/i;

async function textIn(c: AppContext): Promise<string> {
  const type = c.req.header("content-type") ?? "";
  if (type === "" || readable.test(type)) return decodeDocument(await c.req.arrayBuffer());
  const text = `A body of type '${type}' is not read here: send YAML as application/yaml, or JSON as application/json.`;
  throw new Refusal("invalid_request", text);
}

/** A change as JSON, or as the YAML file that it is kept in: JSON is YAML, and so is read by the same rules. */
const documentIn = async (c: AppContext): Promise<unknown> => readDocumentText(await textIn(c));

const missing = (name: string, text: string) =>
  new Refusal("missing_required_parameter", `Missing required parameter: '${name}'. ${text}`, name);

const noHash = () =>
  missing(
    "plan_hash",
    "Plan the change first (POST /v1/perennial/lifecycle/plans), review it, and give the plan's hash.",
  );

/** As JSON with both, or as the document itself with the hash in the query: `curl --data-binary @file` is enough. */
async function applied(c: AppContext): Promise<{ document: unknown; hash: string }> {
  const asked = c.req.query();
  if (isYaml(c) || asked.plan_hash !== undefined) {
    const document = await documentIn(c);
    if (asked.plan_hash === undefined) throw noHash();
    return { document, hash: parse(PlanHash, asked).plan_hash };
  }
  await textIn(c);
  const { document, plan_hash } = await body(c, ApplyPlan.partial());
  if (plan_hash === undefined) throw noHash();
  if (document === undefined) throw missing("document", "Give the change that was planned.");
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
