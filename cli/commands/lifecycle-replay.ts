import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Argument } from "commander";
import { type Replay, type ReplayAnswer, ReplayLine, type ReplayMoment } from "../../contract/replay.ts";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import type { Column } from "../output/table.ts";
import { type AddCommand, example } from "./command.ts";

const program = join(import.meta.dirname, "..", "..", "replay", "main.ts");

/** The lines of the program that plays the story on the real application, and then its end. */
async function* linesOf(environment: Cli["environment"]): AsyncGenerator<ReplayLine> {
  const child = spawn(process.execPath, [program], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...environment },
  });
  const ended = once(child, "exit");
  try {
    for await (const line of createInterface({ input: child.stdout }))
      yield ReplayLine.parse(JSON.parse(line));
    const [code] = await ended;
    if (code !== 0) throw new CliError("The replay broke off; what it said stands above.");
  } finally {
    child.kill();
  }
}

async function play(cli: Cli, policy: string): Promise<Replay> {
  const replay: Replay = { object: "lifecycle.replay", policy, organizations: [], moments: [] };
  using meter = cli.show.meter();
  let total = 0;
  for await (const line of linesOf(cli.environment)) {
    if (line.type === "begin") total = line.moments;
    if (line.type === "organization") replay.organizations.push(line.organization);
    if (line.type !== "moment") continue;
    replay.moments.push(line.moment);
    meter.update(replay.moments.length, total, line.moment.at.slice(0, 10));
  }
  return replay;
}

const shown = ({ status }: ReplayAnswer) => (status === 200 ? "✓" : String(status));

const columns = (replay: Replay): Column<ReplayMoment>[] => [
  { title: "UTC", of: ({ at }) => at.slice(0, 19).replace("T", " ") },
  ...replay.organizations.map(({ name }) => ({
    title: name,
    of: ({ answers }: ReplayMoment) => {
      const own = answers[name];
      return own ? `${shown(own.create)} ${shown(own.infer)}` : "";
    },
  })),
];

/** Each refusal once, as it was answered, whatever model it was for. */
function refusals({ moments }: Replay): string[] {
  const all = moments
    .flatMap(({ answers }) => Object.values(answers))
    .flatMap(({ create, infer }) => [create, infer])
    .filter(({ status }) => status !== 200)
    .map(({ status, code, message }) => `${status} ${code}: ${message?.replace(/`ft:[^`]+`/, "`ft:…`")}`);
  return [...new Set(all)];
}

function print(cli: Cli, replay: Replay): void {
  const { show } = cli;
  show.text("Who can create jobs, and whose model answers, by date (✓: 200):\n\n");
  show.list(replay.moments, columns(replay), "");
  show.text(`\n${replay.organizations.map(({ name, story }) => `${name.padEnd(8)}${story}`).join("\n")}\n`);
  show.text(`\n${replay.moments.map(({ at, note }) => `${at.slice(0, 10)}  ${note}`).join("\n")}\n`);
  show.text(`\nWhat the refused were answered:\n${refusals(replay).join("\n")}\n`);
}

export const lifecycleReplay: AddCommand = (parent, cli) => {
  parent
    .command("replay")
    .addArgument(new Argument("<policy>", "the wind-down to replay").choices(["openai-2026"]))
    .description(
      "Play OpenAI's wind-down on the real application with a virtual clock, and print who can do what when.",
    )
    .addHelpText(
      "after",
      example("perennial lifecycle replay openai-2026", "perennial lifecycle replay openai-2026 --json"),
    )
    .action(async (policy: string) => {
      const replay = await play(cli, policy);
      if (cli.show.isJson()) cli.show.json(replay);
      else print(cli, replay);
    });
};
