import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";
import { HostNames, Networks } from "./dashboard.ts";
import { KeyText } from "./keys.ts";
import { Sender, SmtpUrl } from "./notices.ts";

export type Setting = {
  readonly schema: z.ZodType;
  /** One line, for `perennial config` and the reference page. */
  readonly help: string;
  /** The default in words, where the value differs from machine to machine. */
  readonly standard?: string;
  readonly isSecret?: true;
};

const numberText = (pattern: RegExp, expected: string) =>
  z.string().trim().regex(pattern, expected).transform(Number);

function wholeNumber(min: number, max?: number) {
  const expected = `expected a whole number from ${min}${max === undefined ? "" : ` to ${max}`}`;
  const isWithin = (value: number) => value >= min && value <= (max ?? Number.MAX_SAFE_INTEGER);
  return numberText(/^\d+$/, expected).refine(isWithin, expected);
}

const ABOVE_0 = "expected a number above 0";
const positive = numberText(/^\d*\.?\d+(e-?\d+)?$/i, ABOVE_0).refine((value) => value > 0, ABOVE_0);
const whole = wholeNumber(1);
/** At most a day. */
const seconds = wholeNumber(1, 86_400);
const optional = z.string().optional();
const key = KeyText.min(8, "expected at least 8 characters").optional();

const checkout = resolve(import.meta.dirname, "..");

/** Every setting of the server, once. All are environment variables. */
export const serverSettings = {
  PERENNIAL_HOST: {
    schema: z.string().default("127.0.0.1"),
    help: "Address to listen on; anything but loopback opens the server to your network.",
  },
  PERENNIAL_PORT: {
    schema: wholeNumber(0, 65535).default(4010),
    help: "Port to listen on; 0 takes a free one.",
  },
  PERENNIAL_PUBLIC_URL: {
    schema: z
      .url({ protocol: /^https?$/, error: "expected a URL such as https://tuning.example.com" })
      .transform((url) => url.replace(/\/+$/, ""))
      .optional(),
    help: "This server's address as others see it, for links in answers, feeds and mails.",
    standard: "from host and port",
  },
  PERENNIAL_ALLOWED_HOSTS: {
    schema: HostNames.default([]),
    help: "Names under which browsers may open the dashboard, with commas between, beside localhost, addresses and the public URL's.",
  },
  PERENNIAL_TRUSTED_PROXIES: {
    schema: Networks.default([]),
    help: "Addresses or networks of your proxies, with commas between: their X-Forwarded-For says who tries to sign in.",
  },
  PERENNIAL_PUBLIC_FEEDS: {
    schema: z.enum(["on", "off"], "expected on or off").default("on"),
    help: "on: /deprecations, its calendar and its feed are read without a key; off: with one, as everything else.",
  },
  PERENNIAL_DATA: {
    schema: z.string().default(join(checkout, "data")),
    help: "Folder of the database, files, jobs, adapters and keys.",
    standard: "data/ in the checkout",
  },
  PERENNIAL_BASES: {
    schema: optional,
    help: "Folder of the base models.",
    standard: "bases/ in the data folder",
  },
  PERENNIAL_DATABASE_URL: {
    schema: optional,
    help: "Empty: SQLite in the data folder. PostgreSQL is not supported yet.",
    isSecret: true,
  },
  PERENNIAL_API_KEY: {
    schema: key,
    help: "A key of the default project, for automation; the command line uses it too.",
    standard: "made at first start, in the file api-key of the data folder",
    isSecret: true,
  },
  PERENNIAL_ADMIN_KEY: {
    schema: key,
    help: "An admin key, for automation; the command line uses it for keys and projects.",
    standard: "made at first start, in the file admin-key of the data folder",
    isSecret: true,
  },
  PERENNIAL_ORGANIZATION: {
    schema: z
      .string()
      .regex(/^[a-z0-9-]{1,40}$/, "expected 1 to 40 of a to z, 0 to 9 and -")
      .default("personal"),
    help: "Name of the organization, part of tuned models' names; used when it is first made.",
  },
  PERENNIAL_UPSTREAMS: {
    schema: optional,
    help: "YAML file of other servers that answer for models; its form is in docs/guide/upstreams.md.",
    standard: "upstreams.yaml in the data folder, where there is one",
  },
  PERENNIAL_TRAINER_PYTHON: {
    schema: optional,
    help: "Python with the trainer's packages.",
    standard: ".venv/bin/python in the checkout",
  },
  PERENNIAL_LLAMA_SERVER: {
    schema: optional,
    help: "Path of a llama-server to use instead of the one in the Python packages.",
  },
  PERENNIAL_TRAININGS: {
    schema: z
      .string()
      .trim()
      .regex(/^(auto|0*[1-9]\d{0,8})$/, "expected a whole number from 1, or auto")
      .transform((text) => (text === "auto" ? text : Number(text)))
      .default(1),
    help: "Trainings that run at the same time, where memory allows; auto: as many as there are cores.",
  },
  PERENNIAL_PROJECT_TRAININGS: {
    schema: whole.optional(),
    help: "Trainings of one project at the same time; its other jobs wait.",
    standard: "as PERENNIAL_TRAININGS",
  },
  PERENNIAL_PROJECT_WAITING_JOBS: {
    schema: whole.default(100),
    help: "Jobs of one project that may wait (validated, queued or paused); one more is refused with 429.",
  },
  PERENNIAL_MEMORY_CHECK: {
    schema: z.enum(["on", "off"], "expected on or off").default("on"),
    help: "on: a training starts only when its estimated memory is free, and fails when the machine can never have it.",
  },
  PERENNIAL_NATIVE_KERNELS: {
    schema: z.enum(["on", "off"], "expected on or off").default("on"),
    help: "on: trainings on a CPU with AVX-512 use a faster attention, built once with g++ where that is installed.",
  },
  PERENNIAL_PAUSED_STATUS: {
    schema: z.enum(["queued", "paused"], "expected queued or paused").default("queued"),
    help: "What a paused job's status says: queued, as strict SDK types want it, or paused, as in OpenAI's example.",
  },
  PERENNIAL_ENGINE: {
    schema: z.enum(["auto", "llama.cpp", "vllm"], "expected auto, llama.cpp or vllm").default("auto"),
    help: "What answers: llama.cpp (auto as well), or vllm, which is installed apart; see docs/guide/engines.md.",
  },
  PERENNIAL_VLLM: {
    schema: optional,
    help: "Path of the program vllm, or of the Python that has it.",
    standard: "vllm on PATH",
  },
  PERENNIAL_VLLM_ARGUMENTS: {
    schema: z
      .string()
      .default("")
      .transform((text) => text.split(/\s+/).filter((word) => word !== "")),
    help: "Further arguments for vLLM's server, split at blanks, such as --gpu-memory-utilization 0.6.",
  },
  PERENNIAL_VLLM_LORA_RANK: {
    schema: z
      .enum(["8", "16", "32", "64", "128", "256"], "expected 8, 16, 32, 64, 128 or 256")
      .transform(Number)
      .default(256),
    help: "Largest lora_r that vLLM has room for; each place for an adapter takes memory for as much.",
  },
  PERENNIAL_ENGINE_SLOTS: {
    schema: whole.default(4),
    help: "Requests that one engine works on at the same time.",
  },
  PERENNIAL_ENGINE_QUEUE: {
    schema: whole.default(512),
    help: "Requests that may wait for one engine; one more is answered 503.",
  },
  PERENNIAL_PROJECT_QUEUE: {
    schema: whole.default(256),
    help: "Requests of one project that may wait for one engine; one more is answered 429.",
  },
  PERENNIAL_QUEUE_SECONDS: {
    schema: seconds.default(120),
    help: "How long a request waits for its turn at an engine; then it is answered 503.",
  },
  PERENNIAL_REQUEST_SECONDS: {
    schema: seconds.default(600),
    help: "How long a request may take in all; then it is answered 503, and a stream ends with an error event.",
  },
  PERENNIAL_ENGINE_ADAPTERS: {
    schema: whole.default(32),
    help: "Adapters that one engine holds; the least recently used goes first.",
  },
  PERENNIAL_PINNED_MODELS: {
    schema: z.string().default(""),
    help: "Names of tuned models, with commas between, whose adapters an engine keeps once it has loaded them.",
  },
  PERENNIAL_ENGINE_THREADS: {
    schema: whole.default(availableParallelism()),
    help: "Threads of one engine.",
    standard: "the number of cores",
  },
  PERENNIAL_ENGINE_BATCH_TOKENS: {
    schema: whole.default(64),
    help: "Tokens of a prompt that llama.cpp reads at once; others wait meanwhile. On a GPU 512 or more.",
  },
  PERENNIAL_ENGINE_IDLE_SECONDS: {
    schema: whole.default(300),
    help: "An engine that nobody asked for so long is stopped.",
  },
  PERENNIAL_ENGINE_SILENCE_SECONDS: {
    schema: seconds.default(60),
    help: "An engine that is waited for and says nothing for so long is taken to hang, and replaced.",
  },
  PERENNIAL_FIDELITY_TOLERANCE: {
    schema: positive.optional(),
    help: "Mean difference of a token's probability between trainer and engine that a job may succeed with, beside what rounding explains.",
    standard: "0.003",
  },
  PERENNIAL_REQUESTS_PER_MINUTE: {
    schema: whole.default(600_000),
    help: "Requests a minute of one project to one base model and those tuned on it; beyond, 429. Projects can have limits of their own.",
  },
  PERENNIAL_TOKENS_PER_MINUTE: {
    schema: whole.default(1_000_000_000),
    help: "Tokens a minute, prompts and answers, of one project to one base model and those tuned on it.",
  },
  PERENNIAL_REQUEST_LOG_DAYS: {
    schema: wholeNumber(0, 3650).default(30),
    help: "Days for which a row is kept of each request for an answer; 0: none is. Sums by hour and day stay.",
  },
  PERENNIAL_RESPONSE_DAYS: {
    schema: z
      .string()
      .trim()
      .regex(/^\d{1,5}$/, "expected a whole number of days")
      .transform(Number)
      .default(30),
    help: "Days that stored responses are kept; 0: until they are deleted. Conversations are kept until they are deleted.",
  },
  PERENNIAL_RESULT_FILES: {
    schema: z.enum(["csv", "base64"], "expected csv or base64").default("csv"),
    help: "How a job's result file is sent to those who do not ask by ?encoding=: base64 is OpenAI's way.",
  },
  PERENNIAL_WEBHOOK_PRIVATE_ADDRESSES: {
    schema: z.enum(["refuse", "allow"], "expected refuse or allow").default("refuse"),
    help: "Whether webhooks may go to this machine and to private networks, and over http; with refuse only to public addresses over https.",
  },
  PERENNIAL_SMTP_URL: {
    schema: SmtpUrl.optional(),
    help: "Where notices are handed in as mail: smtp:// (with STARTTLS where offered) or smtps://; empty: none are mailed.",
    isSecret: true,
  },
  PERENNIAL_MAIL_FROM: {
    schema: z
      .string()
      .refine((text) => Sender.safeParse(text).success, "expected Perennial <notices@example.com>")
      .optional(),
    help: "Who notices come from: an address, or a name with the address in angle brackets; needed with PERENNIAL_SMTP_URL.",
  },
  PERENNIAL_LOG: {
    schema: z
      .enum(["debug", "info", "warn", "error", "silent"], "expected debug, info, warn, error or silent")
      .default("info"),
    help: "Least level that is logged.",
  },
} as const satisfies Record<string, Setting>;

/** What only the command line reads, beside the two keys, PERENNIAL_PORT and PERENNIAL_DATA. */
export const clientSettings = {
  PERENNIAL_BASE_URL: {
    schema: z.url("expected a URL").optional(),
    help: "Where the command line finds the server, with or without /v1 at the end.",
    standard: "http://127.0.0.1, at PERENNIAL_PORT",
  },
} as const satisfies Record<string, Setting>;

export type ServerSettings = {
  [Name in keyof typeof serverSettings]: z.output<(typeof serverSettings)[Name]["schema"]>;
};

export type Environment = Readonly<Record<string, string | undefined>>;

/** What the environment says; empty or blank counts as not set. */
export const givenIn = (environment: Environment, name: string): string | undefined =>
  environment[name]?.trim() ? environment[name] : undefined;

/** The setting's value, or a sentence that names the variable and never shows a secret. */
export function readSetting<Schema extends z.ZodType>(
  name: string,
  { schema, isSecret }: Setting & { readonly schema: Schema },
  environment: Environment,
): { readonly value: z.output<Schema> } | { readonly problem: string } {
  const given = givenIn(environment, name);
  const parsed = schema.safeParse(given);
  if (parsed.success) return { value: parsed.data };
  const shown = isSecret ? name : `${name}=${given}`;
  return { problem: `${shown}: ${parsed.error.issues[0]?.message}.` };
}
