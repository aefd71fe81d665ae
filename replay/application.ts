import { assemble } from "../server/assemble.ts";
import { readConfig } from "../server/config.ts";
import { silentLog } from "../server/platform/log.ts";
import { createStandInServing, instantTrainer, standInBase } from "./stand-ins.ts";
import { bases } from "./story.ts";

export type VirtualClock = { now: number };

/** The whole application on a data folder and a clock of the replay's own; no port is opened. */
export async function openApplication(folder: string, clock: VirtualClock) {
  const config = readConfig({
    PERENNIAL_DATA: folder,
    PERENNIAL_LOG: "silent",
    PERENNIAL_MEMORY_CHECK: "off",
    PERENNIAL_TRAININGS: "8",
  });
  const assembled = await assemble({
    config,
    log: silentLog,
    now: () => clock.now,
    bases: new Map(bases.map((id) => [id, standInBase(id)])),
    trainer: instantTrainer,
    abilities: { python: "python", hasPackage: async () => false, hasCuda: async () => false },
    createServing: createStandInServing,
    restartPauseMs: 0,
  });
  assembled.scheduler.wake();

  const send = (path: string, key: string, init: RequestInit = {}) =>
    Promise.resolve(
      assembled.app.request(path, { ...init, headers: { authorization: `Bearer ${key}`, ...init.headers } }),
    );
  const post = (path: string, key: string, json: unknown) =>
    send(path, key, {
      method: "POST",
      body: JSON.stringify(json),
      headers: { "content-type": "application/json" },
    });

  return {
    send,
    post,
    adminKey: assembled.firstKeys.admin.key,
    [Symbol.asyncDispose]: () => assembled[Symbol.asyncDispose](),
  };
}
export type Application = Awaited<ReturnType<typeof openApplication>>;

/** The answer's JSON; anything but a success ends the replay. */
export async function successOf(response: Response | Promise<Response>) {
  const answer = await response;
  const text = await answer.text();
  if (!answer.ok) throw new Error(`The replay's own request was refused: ${text}`);
  return JSON.parse(text);
}
