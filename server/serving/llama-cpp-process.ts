import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { randomText } from "../platform/ids.ts";
import type { Adapter, BaseModel, EngineExit, RunningEngine } from "./engine.ts";
import { type Connection, exchange } from "./engine-http.ts";
import { assertLoaded, createLlamaCppEngine } from "./llama-cpp.ts";
import type { Command, MakeCommand } from "./llama-cpp-command.ts";
import { residentBytes } from "./process-memory.ts";

export type LlamaCppNeeds = {
  readonly makeCommand: MakeCommand;
  readonly base: BaseModel;
  /** Where the process writes what it complains about. */
  readonly logFile: string;
  readonly slots: number;
  readonly threads: number;
  readonly startTimeoutMs: number;
};

type Child = ChildProcessByStdio<Writable, Readable, null>;

const Greeting = z.object({ pid: z.int(), origin: z.string().optional() });

const READY_POLL_MS = 50;
const STOP_GRACE_MS = 2_000;
const KEPT_LOG_LINES = 5;

function launch(command: Command, log: FileHandle): Child {
  const child = spawn(command.file, command.args, {
    stdio: ["pipe", "pipe", log.fd],
    env: { PATH: process.env.PATH ?? "", ...command.env },
    // Out of the terminal's reach: Ctrl-C is for the control plane, which lets answers finish first.
    detached: true,
  });
  // It may die before it has read its settings; its exit tells that story.
  child.stdin.on("error", () => {});
  child.stdin.write(command.input);
  return child;
}
