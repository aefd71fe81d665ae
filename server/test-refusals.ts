import assert from "node:assert/strict";
import { test } from "node:test";
import { ErrorBody } from "../contract/errors.ts";
import type { TestApp } from "./test-app.ts";

/** What a caller gets wrong, and how he is told. */
export type Wrong = {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  /** Sent as JSON; `raw` as it is. */
  readonly json?: unknown;
  readonly raw?: string | Uint8Array<ArrayBuffer> | FormData;
  readonly headers?: Readonly<Record<string, string>>;
  readonly key?: string;
  /** 400 unless said otherwise. */
  readonly status?: number;
  readonly param: string | null;
};

const show = (wrong: Wrong): string => {
  const sent = typeof wrong.raw === "string" ? wrong.raw : (JSON.stringify(wrong.json) ?? "");
  const headers = wrong.headers ? ` ${JSON.stringify(wrong.headers)}` : "";
  const text = `${wrong.method ?? "GET"} ${wrong.path} ${sent}${headers}`;
  return text.length > 150 ? `${text.slice(0, 150)}… (${text.length})` : text;
};

function initOf({ method = "GET", json, raw, headers = {} }: Wrong): RequestInit {
  const body = json === undefined ? raw : JSON.stringify(json);
  const type = raw instanceof FormData || body === undefined ? {} : { "content-type": "application/json" };
  return { method, headers: { ...type, ...headers }, ...(body === undefined ? {} : { body }) };
}

/** One test a row: a 4xx in OpenAI's shape that names the parameter, and is not worth a retry. */
export function refuse(app: TestApp, rows: readonly Wrong[]): void {
  for (const wrong of rows) {
    const { status = 400, param } = wrong;
    test(`${show(wrong)}: ${status}, param ${param}`, async () => {
      const response = await app.call(wrong.path, initOf(wrong), wrong.key);
      const { error } = ErrorBody.parse(await app.json(response));
      assert.deepEqual([response.status, error.param], [status, param], error.message);
      assert.ok(error.message.length > 10);
      assert.equal(response.headers.get("x-should-retry"), "false");
      assert.match(response.headers.get("x-request-id") ?? "", /^req_/);
    });
  }
}

const samples = { string: "text", integer: 7, decimal: 1.5, boolean: true, array: [], object: {} } as const;
type Kind = keyof typeof samples;

/** One value of every kind but those that the field takes. */
export const valuesBut = (...kinds: readonly Kind[]): unknown[] =>
  Object.entries(samples).flatMap(([kind, value]) => (kinds.some((one) => one === kind) ? [] : [value]));
