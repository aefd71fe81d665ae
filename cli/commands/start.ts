import { spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import { serverSettings } from "../../contract/settings.ts";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import { type AddCommand, example } from "./command.ts";

type Options = { port?: string; host?: string; data?: string };

const serverMain = join(import.meta.dirname, "..", "..", "server", "main.ts");
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

const variablesOf = ({ port, host, data }: Options) => ({
  ...(port === undefined ? {} : { PERENNIAL_PORT: port }),
  ...(host === undefined ? {} : { PERENNIAL_HOST: host }),
  ...(data === undefined ? {} : { PERENNIAL_DATA: data }),
});

/** Runs the server until it ends, and ends as it did. */
function start(cli: Cli, options: Options): Promise<void> {
  const env = { ...cli.environment, ...variablesOf(options) };
  const server = spawn(process.execPath, [serverMain], { stdio: "inherit", env });
  const forward = (signal: NodeJS.Signals) => {
    // A terminal sends Ctrl-C to both, and a second one would end the server at once.
    if (signal !== "SIGINT" || !cli.input.isTTY) server.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, forward);
  return new Promise((resolve, reject) => {
    server.on("error", (cause) => reject(new CliError("The server could not be started.", 1, { cause })));
    server.on("exit", (code, signal) => {
      for (const name of SIGNALS) process.off(name, forward);
      process.exitCode = signal ? 128 + constants.signals[signal] : (code ?? 1);
      resolve();
    });
  });
}

export const startCommand: AddCommand = (parent, cli) => {
  parent
    .command("start")
    .option("--port <number>", serverSettings.PERENNIAL_PORT.help)
    .option("--host <address>", serverSettings.PERENNIAL_HOST.help)
    .option("--data <folder>", serverSettings.PERENNIAL_DATA.help)
    .description(
      "Start the server; its log is JSON lines. Other settings are environment variables: see config.",
    )
    .addHelpText("after", example("perennial start --port 8080"))
    .action((options: Options) => start(cli, options));
};
