import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JournalEvent } from "../contract/training.ts";
import { assemble, type Serving } from "./assemble.ts";
import { readConfig } from "./config.ts";
import type { Base } from "./models/bases.ts";
import type { Send } from "./notices/send.ts";
import { silentLog } from "./platform/log.ts";
import type { Trainer, TrainerProcess } from "./training/trainer-process.ts";

/** A trainer that the test plays: it writes the journal by hand, and says when the process ends. */
export function createPlayedTrainer() {
  const folders: string[] = [];
  const waiting: ((run: PlayedRun) => void)[] = [];
  const runs: PlayedRun[] = [];
  const alive = new Map<string, PlayedRun>();

  function newRun(folder: string): PlayedRun {
    let finish = () => {};
    const ended = new Promise<string>((resolve) => {
      finish = () => resolve("exit code 70");
    });
    const run = {
      folder,
      stopped: false,
      killed: false,
      write: (event: Omit<JournalEvent, "time"> & Record<string, unknown>) =>
        appendFileSync(join(folder, "journal.jsonl"), `${JSON.stringify({ time: 1000, ...event })}\n`),
      writeRaw: (text: string) => appendFileSync(join(folder, "journal.jsonl"), text),
      end: () => {
        alive.delete(folder);
        finish();
      },
    };
    const stop = async () => {
      run.stopped = true;
      run.end();
    };
    const kill = async () => {
      run.killed = true;
      run.end();
    };
    return Object.assign(run, { process: { ended, stop, kill, pid: () => null } });
  }

  const trainer: Trainer = {
    start(folder) {
      const run = newRun(folder);
      writeFileSync(join(folder, "lock"), "");
      alive.set(folder, run);
      folders.push(folder);
      const next = waiting.shift();
      if (next) next(run);
      else runs.push(run);
      return run.process;
    },
    findRunning: async (folder) => alive.get(folder)?.process ?? null,
  };
  /** The next start of a trainer. */
  const nextRun = () => {
    const run = runs.shift();
    return run ? Promise.resolve(run) : new Promise<PlayedRun>((resolve) => waiting.push(resolve));
  };
  return { trainer, nextRun, folders };
}
export type PlayedRun = {
  readonly folder: string;
  stopped: boolean;
  killed: boolean;
  write(event: Record<string, unknown>): void;
  writeRaw(text: string): void;
  end(): void;
  readonly process: TrainerProcess;
};

const testBase = (folder: string): Base => ({
  id: "tiny-base",
  gguf: join(folder, "model.gguf"),
  hf: join(folder, "hf"),
  contextLength: 2048,
  parameters: 1000,
  createdAt: 900,
});

async function* once(text: string) {
  yield Buffer.from(text);
}

const completion = {
  choices: [{ finish_reason: "stop", message: { role: "assistant", content: "hello" } }],
  usage: { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 },
};

const chunk = {
  choices: [{ index: 0, delta: { content: "hello" }, finish_reason: "stop" }],
  usage: completion.usage,
};
const answer = (isStreamed: boolean) =>
  isStreamed ? `data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n` : JSON.stringify(completion);

const textEvents = `data: ${JSON.stringify({
  choices: [{ text: " there", finish_reason: "stop" }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
})}\n\ndata: [DONE]\n\n`;

/** Engines that answer at once, for what is not about engines. */
export const createEchoServing = (changes: Partial<Serving> = {}): Serving => ({
  chat: async (_target, { stream }) => ({ status: 200, body: once(answer(stream === true)) }),
  renderPrompt: async (_target, { messages }) => Array.from(JSON.stringify(messages), () => 1),
  complete: async () => ({ status: 200, body: once(textEvents) }),
  readPrompt: async () => ({ text: "hi", tokens: [] }),
  checkFidelity: async () => ({ passes: true, summary: "Fidelity check passed", figures: { rows: 4 } }),
  removeAdapter: async () => {},
  describe: async () => [{ base: "tiny-base", pid: 7, adapters: 2, memoryBytes: 1000 }],
  queues: () => [{ base: "tiny-base", working: 3, waiting: 1 }],
  [Symbol.asyncDispose]: async () => {},
  ...changes,
});

type Options = {
  serving?: Partial<Serving>;
  folder?: string;
  now?: () => number;
  trainer?: Trainer;
  environment?: Readonly<Record<string, string>>;
  sendWebhook?: Send;
  /** Starts without the base model, as after an operator's mistake. */
  lacksBase?: boolean;
  /** In place of the standard parts. */
  parts?: Partial<Parameters<typeof assemble>[0]>;
};

/** The real app on a database and files of its own, with a clock, a trainer and engines that the test holds. */
export async function createTestApp(options: Options = {}) {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "perennial-test-"));
  const config = readConfig({
    PERENNIAL_DATA: folder,
    PERENNIAL_API_KEY: "sk-test-project",
    PERENNIAL_ADMIN_KEY: "sk-test-admin",
    PERENNIAL_LOG: "silent",
    ...options.environment,
  });
  const base = testBase(join(folder, "bases", "tiny-base"));
  const played = createPlayedTrainer();
  const assembled = await assemble({
    config,
    log: silentLog,
    now: options.now ?? (() => 1_800_000_000),
    bases: new Map(options.lacksBase ? [] : [[base.id, base]]),
    trainer: options.trainer ?? played.trainer,
    abilities: { python: "python", hasPackage: async () => false, hasCuda: async () => false },
    createServing: () => createEchoServing(options.serving),
    restartPauseMs: 0,
    ...(options.sendWebhook ? { sendWebhook: options.sendWebhook } : {}),
    ...options.parts,
  });
  assembled.scheduler.wake();
  assembled.telling.wake();
  assembled.backgroundResponses.wake();

  const call = (path: string, init: RequestInit = {}, key = "sk-test-project") =>
    assembled.app.request(path, { ...init, headers: { authorization: `Bearer ${key}`, ...init.headers } });
  const post = (path: string, sent: unknown, key?: string) =>
    call(
      path,
      { method: "POST", body: JSON.stringify(sent), headers: { "content-type": "application/json" } },
      key,
    );
  const json = async (response: Response | Promise<Response>) => JSON.parse(await (await response).text());

  async function upload(
    content: string,
    { name = "train.jsonl", purpose = "fine-tune", key = "sk-test-project" } = {},
  ) {
    const form = new FormData();
    form.append("purpose", purpose);
    form.append("file", new File([content], name));
    return call("/v1/files", { method: "POST", body: form }, key);
  }

  /** A second project's key. */
  async function otherKey(): Promise<string> {
    const project = await json(post("/v1/organization/projects", { name: "Other" }, "sk-test-admin"));
    const created = await json(
      post(`/v1/organization/projects/${project.id}/api_keys`, { name: "k" }, "sk-test-admin"),
    );
    return created.value;
  }

  /** Asks for the job until it is as wanted; the scheduler has no other end to wait for. */
  async function waitForJob(
    id: string,
    isWanted: (job: { status: string } & Record<string, unknown>) => boolean,
  ) {
    for (let tries = 0; tries < 2000; tries += 1) {
      const job = await json(call(`/v1/fine_tuning/jobs/${id}`));
      if (isWanted(job)) return job;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`Job ${id} did not become as wanted.`);
  }

  return {
    ...assembled,
    folder,
    call,
    post,
    json,
    upload,
    otherKey,
    waitForJob,
    nextRun: played.nextRun,
    /** Of every trainer that was started. */
    trainerFolders: played.folders,
    [Symbol.asyncDispose]: async () => {
      await assembled[Symbol.asyncDispose]();
      if (!options.folder) rmSync(folder, { recursive: true, force: true });
    },
  };
}
export type TestApp = Awaited<ReturnType<typeof createTestApp>>;

export const chatRow = (user: string, assistant: string) =>
  JSON.stringify({
    messages: [
      { role: "user", content: user },
      { role: "assistant", content: assistant },
    ],
  });

export const tenRows = `${Array.from({ length: 10 }, (_, index) => chatRow(`question ${index}`, "answer")).join("\n")}\n`;

/** What a trainer leaves in `folder` for an adapter. */
export function writeFakeAdapter(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const name of ["adapter_config.json", "adapter_model.safetensors", "adapter.gguf"]) {
    writeFileSync(join(folder, name), JSON.stringify({ r: 16, lora_alpha: 32 }));
  }
}
