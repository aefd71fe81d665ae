import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { findPort } from "../../scripts/demo/server.ts";
import { CALLED_MODEL, UPSTREAM_MODEL } from "./answer.ts";
import { answersAt, saidUrl } from "./listening.ts";
import { litellmCommand, portkeyEntry, prepareLitellm, preparePortkey } from "./peers.ts";
import { type Started, startProcess } from "./processes.ts";

export type Needs = {
  readonly upstream: string;
  /** For what the gateways keep. */
  readonly folder: string;
  readonly signal: AbortSignal;
};

/** One gateway that is measured. */
export type Target = {
  readonly title: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly install?: (signal: AbortSignal) => Promise<void>;
  readonly start: (needs: Needs) => Promise<Started>;
};

const HOST = "127.0.0.1";
const UPSTREAM_KEY = "sk-upstream-0123456789";
const KEY = "sk-bench-0123456789";
const ADMIN_KEY = "sk-bench-admin-0123456789";

export const LITELLM_WORKERS = 2;

const root = join(import.meta.dirname, "..", "..");
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

async function startHono({ upstream, signal }: Needs): Promise<Started> {
  const args = [join(import.meta.dirname, "hono-proxy.ts"), upstream];
  const env = { NODE_ENV: "production" };
  return startProcess({
    name: "The Hono proxy",
    command: process.execPath,
    args,
    env,
    ready: saidUrl,
    signal,
  });
}

function writeUpstreams(folder: string, upstream: string): string {
  const path = join(folder, "upstreams.yaml");
  const models = { [CALLED_MODEL]: { model: UPSTREAM_MODEL, context_length: 128_000 } };
  const entry = { name: "mock", url: `${upstream}/v1`, api_key_env: "BENCH_UPSTREAM_KEY", models };
  writeFileSync(path, stringify({ upstreams: [{ ...entry, concurrency: 128 }] }));
  return path;
}

/** As the peers: nothing is logged of a request that goes well. */
async function startPerennial({ upstream, folder, signal }: Needs): Promise<Started> {
  const data = join(folder, "perennial");
  const bases = join(data, "bases");
  mkdirSync(bases, { recursive: true });
  const env = {
    NODE_ENV: "production",
    PERENNIAL_HOST: HOST,
    PERENNIAL_PORT: "0",
    PERENNIAL_DATA: data,
    PERENNIAL_BASES: bases,
    PERENNIAL_API_KEY: KEY,
    PERENNIAL_ADMIN_KEY: ADMIN_KEY,
    PERENNIAL_UPSTREAMS: writeUpstreams(data, upstream),
    PERENNIAL_LOG: "warn",
    BENCH_UPSTREAM_KEY: UPSTREAM_KEY,
  };
  const args = [join(root, "server", "main.ts")];
  return startProcess({ name: "Perennial", command: process.execPath, args, env, ready: saidUrl, signal });
}

async function startPortkey({ signal }: Needs): Promise<Started> {
  const port = await findPort(HOST, 0);
  const loopback = join(import.meta.dirname, "loopback.ts");
  return startProcess({
    name: "Portkey's gateway",
    command: process.execPath,
    args: ["--import", loopback, portkeyEntry, `--port=${port}`, "--headless"],
    env: { NODE_ENV: "production" },
    ready: answersAt(`http://${HOST}:${port}`, "/"),
    signal,
  });
}

function writeLitellmConfig(folder: string, upstream: string): string {
  const path = join(folder, "litellm.yaml");
  const to = { model: `openai/${UPSTREAM_MODEL}`, api_base: `${upstream}/v1`, api_key: UPSTREAM_KEY };
  const config = {
    model_list: [{ model_name: CALLED_MODEL, litellm_params: to }],
    general_settings: { master_key: KEY },
    litellm_settings: {
      callbacks: [],
      num_retries: 0,
      request_timeout: 600,
      set_verbose: false,
      telemetry: false,
    },
  };
  writeFileSync(path, stringify(config));
  return path;
}

async function startLitellm({ upstream, folder, signal }: Needs): Promise<Started> {
  const port = await findPort(HOST, 0);
  const where = ["--host", HOST, "--port", String(port), "--num_workers", String(LITELLM_WORKERS)];
  return startProcess({
    name: "LiteLLM's proxy",
    command: litellmCommand,
    args: ["--config", writeLitellmConfig(folder, upstream), ...where],
    env: { LITELLM_MODE: "PRODUCTION", LITELLM_LOG: "ERROR", LITELLM_LOCAL_MODEL_COST_MAP: "True" },
    cwd: folder,
    ready: answersAt(`http://${HOST}:${port}`, "/health/liveliness"),
    signal,
  });
}

/** In the order of the table; `direct` is beside them. */
export const targets = {
  hono: { title: "Hono proxy of a few lines", headers: bearer(UPSTREAM_KEY), start: startHono },
  perennial: { title: "Perennial", headers: bearer(KEY), start: startPerennial },
  portkey: {
    title: "Portkey's gateway",
    headers: { ...bearer(UPSTREAM_KEY), "x-portkey-provider": "openai" },
    install: preparePortkey,
    start: startPortkey,
  },
  litellm: {
    title: "LiteLLM's proxy",
    headers: bearer(KEY),
    install: prepareLitellm,
    start: startLitellm,
  },
} as const satisfies Record<string, Target>;

export type TargetName = keyof typeof targets;

/** The mock upstream, which is measured as it is too. */
export const startUpstream = (signal: AbortSignal): Promise<Started> =>
  startProcess({
    name: "The mock upstream",
    command: process.execPath,
    args: [join(import.meta.dirname, "upstream.ts")],
    env: { NODE_ENV: "production" },
    ready: saidUrl,
    signal,
  });

/** What a caller sends, beside the key: Portkey is told the upstream by each request. */
export const headersFor = (target: Target, upstream: string): Record<string, string> => ({
  "content-type": "application/json",
  ...target.headers,
  ...("x-portkey-provider" in target.headers ? { "x-portkey-custom-host": `${upstream}/v1` } : {}),
});
