import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ADMIN_KEY, BASE, checkout, python, type Server } from "./server.ts";

export type Project = { readonly key: string; readonly models: readonly string[] };

async function admin(server: Server, path: string, body?: object) {
  const response = await fetch(`${server.url}/v1/organization/projects${path}`, {
    method: body ? "POST" : "GET",
    headers: { authorization: `Bearer ${ADMIN_KEY}`, "content-type": "application/json" },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  if (!response.ok) throw new Error(await response.text());
  return JSON.parse(await response.text());
}

/** Adapters of random weights, where the server keeps those of tuned models. */
function writeAdapters(server: Server, names: readonly string[]): void {
  const made = mkdtempSync(join(tmpdir(), "perennial-adapters-"));
  const script = join(checkout, "server", "serving", "fixtures", "random-adapters.py");
  execFileSync(python, [script, made, ...names.map((name, seed) => `${name}:${seed + 1}`)]);
  for (const name of names) {
    const folder = join(server.folder, "adapters", name);
    mkdirSync(folder, { recursive: true });
    execFileSync("cp", [join(made, `${name}.gguf`), join(folder, "adapter.gguf")]);
  }
  rmSync(made, { recursive: true });
}

/** As if they had been tuned: `count` models of random weights, which each of the new projects has under a name of its own. */
export async function addRandomModels(
  server: Server,
  { projects, count }: { readonly projects: number; readonly count: number },
): Promise<Project[]> {
  const adapters = Array.from({ length: count }, (_, index) => `random-${index}`);
  writeAdapters(server, adapters);
  using db = new DatabaseSync(join(server.folder, "perennial.sqlite"));
  const add = db.prepare(
    "insert into tuned_models (id, project_id, organization_id, base_model, adapter, created_at) select ?, id, organization_id, ?, ?, ? from projects where id = ?",
  );
  const made: Project[] = [];
  for (let number = 0; number < projects; number += 1) {
    const { id } = await admin(server, "", { name: `Project ${number}` });
    const { value } = await admin(server, `/${id}/api_keys`, { name: "key" });
    const tuned = adapters.map((adapter) => {
      const model = `ft:${BASE}:personal:p${number}:${adapter}`;
      add.run(model, BASE, adapter, 1_700_000_000, id);
      return model;
    });
    made.push({ key: value, models: [BASE, ...tuned] });
  }
  return made;
}
