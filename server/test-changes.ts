import type { TestApp } from "./test-app.ts";
import { ADMIN, LIFE } from "./test-lifecycle.ts";

export type Answer = {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly code: string | null;
  readonly text: string;
};

/** The operator's questions, with what was answered. */
export function asker(app: TestApp) {
  const read = async (response: Response | Promise<Response>): Promise<Answer> => {
    const answer = await response;
    const body = await app.json(answer);
    return { status: answer.status, body, code: body.error?.code ?? null, text: body.error?.message ?? "" };
  };
  return {
    read,
    plan: async (document: unknown) =>
      String((await read(app.post(`${LIFE}/plans`, document, ADMIN))).body.hash),
    apply: (document: unknown, plan_hash: unknown, key = ADMIN) =>
      read(app.post(`${LIFE}/changes`, { document, plan_hash }, key)),
    undo: (id: string, key = ADMIN) => read(app.post(`${LIFE}/changes/${id}/undo`, {}, key)),
    show: async () => (await read(app.call(LIFE, {}, ADMIN))).body,
    model: async () => (await read(app.call("/v1/models/tiny-base"))).body.shutdown_date,
  };
}
