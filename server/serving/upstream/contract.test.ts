import { after, before } from "node:test";
import { addRandomModels } from "../../../test/support/random-models.ts";
import { ADMIN_KEY, lacksModel, type Server, startServer } from "../../../test/support/server.ts";
import type { Engine } from "../engine.ts";
import { testEngine } from "../engine-contract.ts";
import type { EnginePool } from "../pool.ts";
import { createUpstreamPools } from "./pool.ts";

let upstream: Server;
let pools: EnginePool[];

/** How many requests the upstream's own engine works on. */
async function busy(): Promise<number> {
  const answer = await fetch(`${upstream.url}/metrics`, {
    headers: { authorization: `Bearer ${ADMIN_KEY}` },
  });
  const gauges = await answer.text();
  return Number(/^perennial_engine_requests_working\{[^}]*\} (\d+)$/m.exec(gauges)?.[1] ?? 0);
}

before(async () => {
  if (lacksModel) return;
  upstream = await startServer({ env: { PERENNIAL_ENGINE_THREADS: "1" } });
  const [project] = await addRandomModels(upstream, { projects: 1, count: 2 });
  const server = {
    name: "perennial",
    url: `${upstream.url}/v1`,
    apiKey: project?.key ?? null,
    concurrency: 16,
  };
  const newPool = createUpstreamPools();
  pools = (project?.models ?? []).map((model) =>
    newPool({ id: model, model, contextLength: 8192, createdAt: 0, server }),
  );
});

after(async () => {
  await Promise.all((pools ?? []).map((pool) => pool[Symbol.asyncDispose]()));
  await upstream?.[Symbol.asyncDispose]();
});

const engines = (): [Engine, Engine, Engine] => {
  const [base, one, two] = pools.map((pool) => pool.engine(null, "p"));
  if (!base || !one || !two) throw new Error("The upstream has a base and two models tuned from it.");
  return [base, one, two];
};

testEngine("an upstream", { skip: lacksModel, lacks: ["tokens", "promptSize"] }, () => ({
  models: engines(),
  busy,
}));
