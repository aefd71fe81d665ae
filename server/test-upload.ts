import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { ErrorBody } from "../contract/errors.ts";
import type { TestApp } from "./test-app.ts";

export const md5Of = (content: string | Buffer) => createHash("md5").update(content).digest("hex");

export const request = (content: string | Buffer, more = {}) => ({
  filename: "data.bin",
  purpose: "user_data",
  bytes: content.length,
  mime_type: "application/octet-stream",
  ...more,
});

export function partForm(content: string | Uint8Array<ArrayBuffer>): FormData {
  const form = new FormData();
  form.append("data", new File([content], "part"));
  return form;
}

/** Calls of one app that a test is about. */
export const callsOf = (app: TestApp, key?: string) => ({
  create: (body: unknown) => app.json(app.post("/v1/uploads", body, key)),
  send: (id: string, content: string | Uint8Array<ArrayBuffer>) =>
    app.call(`/v1/uploads/${id}/parts`, { method: "POST", body: partForm(content) }, key),
  complete: (id: string, body: unknown) => app.post(`/v1/uploads/${id}/complete`, body, key),
  cancel: (id: string) => app.post(`/v1/uploads/${id}/cancel`, {}, key),
});

export async function sendAll(app: TestApp, id: string, parts: readonly string[]): Promise<string[]> {
  const { send } = callsOf(app);
  const answers = await Promise.all(parts.map((part) => app.json(send(id, part))));
  return answers.map((part) => part.id);
}

export async function refusalOf(app: TestApp, response: Response | Promise<Response>, status = 400) {
  const answered = await response;
  const { error } = ErrorBody.parse(await app.json(answered));
  assert.equal(answered.status, status, error.message);
  return error;
}

/** Names of what lies in the folder of parts, but for the one of what is on its way. */
export const partsIn = (app: TestApp) =>
  readdirSync(join(app.folder, "uploads")).filter((name) => name !== "incoming");
export const incomingIn = (app: TestApp, folder: string) => readdirSync(join(app.folder, folder, "incoming"));
