import { after } from "node:test";
import { createTestApp } from "../test-app.ts";
import { refuse, valuesBut, type Wrong } from "../test-refusals.ts";

const app = await createTestApp();
after(() => app[Symbol.asyncDispose]());

const PATH = "/v1/conversations";
const { id } = await app.json(app.post(PATH, { items: [{ role: "user", content: "x" }] }));
const NOWHERE = `${PATH}/conv_nothere`;
const message = { role: "user", content: "x" };

const post = (path: string, json: unknown, param: string | null, status = 400): Wrong => ({
  method: "POST",
  path,
  json,
  param,
  status,
});
const values = (name: string, wrong: readonly unknown[], param = name): Wrong[] =>
  wrong.map((value) => post(PATH, { [name]: value }, param));

refuse(app, [
  ...values("items", valuesBut("array")),
  ...values("items", [[7], [null]], "items[0]"),
  ...values("items", [[{ type: "web_search_call" }], [{}]], "items[0].type"),
  ...values("items", [[{ role: "user" }]], "items[0].content"),
  ...values("items", [[{ id: "msg_nothere" }]], "items[0].id").map((one) => ({ ...one, status: 404 })),
  post(PATH, { items: Array.from({ length: 21 }, () => message) }, "items"),
  ...values("metadata", valuesBut("object")),
  ...values("unknown", [1]),
  post(`${PATH}/${id}`, {}, "metadata"),
  post(`${PATH}/${id}`, { metadata: "x" }, "metadata"),
  post(`${PATH}/${id}`, { metadata: {}, items: [] }, "items"),
  post(NOWHERE, { metadata: {} }, "conversation_id", 404),
  post(`${PATH}/${id}/items`, {}, "items"),
  post(`${PATH}/${id}/items`, { items: [] }, "items"),
  post(`${PATH}/${id}/items`, { items: Array.from({ length: 21 }, () => message) }, "items"),
  post(`${PATH}/${id}/items?include[]=x`, { items: [message] }, "include[0]"),
  post(`${NOWHERE}/items`, { items: [message] }, "conversation_id", 404),
  { path: NOWHERE, param: "conversation_id", status: 404 },
  { path: `${NOWHERE}/items`, param: "conversation_id", status: 404 },
  { path: `${NOWHERE}/items/x`, param: "conversation_id", status: 404 },
  { path: `${PATH}/${id}/items/msg_nothere`, param: "item_id", status: 404 },
  { path: `${PATH}/${id}/items?limit=0`, param: "limit" },
  { path: `${PATH}/${id}/items?limit=101`, param: "limit" },
  { path: `${PATH}/${id}/items?order=up`, param: "order" },
  { path: `${PATH}/${id}/items?after=msg_nothere`, param: "after", status: 404 },
  { path: `${PATH}/${id}/items?include=x`, param: "include[0]" },
  { method: "DELETE", path: NOWHERE, param: "conversation_id", status: 404 },
  { method: "DELETE", path: `${PATH}/${id}/items/msg_nothere`, param: "item_id", status: 404 },
  { method: "DELETE", path: `${NOWHERE}/items/x`, param: "conversation_id", status: 404 },
  { method: "POST", path: PATH, json: {}, key: "sk-test-admin", param: null, status: 403 },
]);
