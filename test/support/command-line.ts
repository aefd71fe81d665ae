import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { checkout, PROJECT_KEY } from "./server.ts";

export type Ran = { readonly code: number; readonly out: string; readonly err: string };

/** Runs `perennial` as its own process; `url` null: without a server. */
export async function perennial(url: string | null, ...args: string[]): Promise<Ran> {
  const env = {
    ...process.env,
    PERENNIAL_BASE_URL: url ?? "http://127.0.0.1:9",
    PERENNIAL_API_KEY: PROJECT_KEY,
  };
  const child = spawn(process.execPath, [join(checkout, "cli/main.ts"), ...args], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, err, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  return { code, out, err };
}
