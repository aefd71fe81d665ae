import { readConfig } from "./config.ts";
import { createLog } from "./platform/log.ts";
import { type RunningServer, startServer } from "./start-server.ts";

function welcome(server: RunningServer, dataFolder: string): string {
  const lines = [
    `Perennial listens on ${server.url}/v1`,
    `Base models: ${server.bases.join(", ") || "none (run npm run setup)"}`,
  ];
  if (!server.keysAreNew)
    return [...lines, `Keys: in ${dataFolder}/api-key and ${dataFolder}/admin-key`].join("\n");
  return [
    ...lines,
    `Your API key, shown once: ${server.apiKey}`,
    `Your admin key, shown once: ${server.adminKey}`,
  ].join("\n");
}

const stopSignal = () =>
  new Promise<void>((resolve) => {
    process.once("SIGTERM", () => resolve());
    process.once("SIGINT", () => resolve());
  });

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const log = createLog(config.PERENNIAL_LOG);
  await using server = await startServer(config, log);
  process.stderr.write(`${welcome(server, config.PERENNIAL_DATA)}\n`);
  await stopSignal();
  log.info({}, "stopping; trainings go on and are found again at the next start");
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
});
