import { join, resolve } from "node:path";
import { createTokens } from "../training-data/tokens.ts";
import type { Config } from "./config.ts";
import type { Database } from "./database/database.ts";
import { createFileChecks } from "./file-checks/file-checks.ts";
import { createFileBytes } from "./files/file-bytes.ts";
import { createFileStore } from "./files/file-store.ts";
import { createFiles } from "./files/files.ts";
import { childEnvironment } from "./platform/child-environment.ts";
import type { Clock } from "./platform/clock.ts";
import { createGate } from "./platform/gate.ts";
import { createUploadStore } from "./uploads/upload-store.ts";
import { createUploads } from "./uploads/uploads.ts";

type Needs = { config: Config; db: Database; now: Clock };

/** Files and uploads, with what a crash left of either swept away. */
export async function assembleFiles({ config, db, now }: Needs) {
  const data = config.PERENNIAL_DATA;
  const fileBytes = await createFileBytes(join(data, "files"));
  const resultEncoding = config.PERENNIAL_RESULT_FILES === "base64" ? "base64" : "plain";
  const files = createFiles({ store: createFileStore(db), bytes: fileBytes, now, resultEncoding });
  await files.sweep();
  const partBytes = await createFileBytes(join(data, "uploads"), "part_");
  const uploads = createUploads({ store: createUploadStore(db), bytes: partBytes, files, now });
  await uploads.sweep();
  return { files, fileBytes, uploads, partBytes };
}

type CheckNeeds = Omit<Parameters<typeof createFileChecks>[0], "tokens" | "gates"> & { config: Config };

const trainerFolder = resolve(import.meta.dirname, "../trainer");

/** The checks of files, a few at a time. */
export function assembleFileChecks({ config, ...needs }: CheckNeeds) {
  const { python } = config;
  const tokens = createTokens({ python, trainerFolder, env: childEnvironment(process.env) });
  return createFileChecks({
    ...needs,
    tokens,
    gates: { check: createGate(4, 20), tokens: createGate(2, 20) },
  });
}
