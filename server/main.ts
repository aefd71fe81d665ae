import { readConfig } from "./config.ts";
import { createLog } from "./platform/log.ts";
import { startServer } from "./start-server.ts";
import { welcome } from "./welcome.ts";

const stopSignal = () =>
  new Promise<void>((resolve) => {
    process.once("SIGTERM", () => resolve());
    process.once("SIGINT", () => resolve());
  });

async function main(): Promise<void> {
  // The database, its log and everything that trainers and engines write hold training data: for this user alone.
  process.umask(0o077);
  const config = readConfig(process.env);
  const log = createLog(config.PERENNIAL_LOG);
  await using server = await startServer(config, log);
  process.stderr.write(`${welcome(server)}\n`);
  await stopSignal();
  log.info({}, "stopping; trainings go on and are found again at the next start");
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
});
