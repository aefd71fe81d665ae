import type { BuiltinDescription } from "../../contract/lifecycle.ts";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import { whoText } from "../output/lifecycle-words.ts";
import { policyYaml } from "../output/policy-yaml.ts";
import { type Column, renderTable } from "../output/table.ts";
import { wrap } from "../output/wrap.ts";
import { type AddCommand, example } from "./command.ts";

type Options = { yaml?: string; base?: string };
type Step = { readonly name: string; readonly when: string; readonly what: string };

const after = (days: number) => (days === 0 ? "first day" : `day ${days}`);

const stepsOf = ({ name, stages, shutdown_after_days: shutdown }: BuiltinDescription): Step[] => [
  ...stages.map(({ after_days, date, who }) => ({
    name,
    when: date ?? after(after_days),
    what: `closes training to: ${whoText(who)}`,
  })),
  ...(shutdown === null ? [] : [{ name, when: after(shutdown), what: "its base is shut down" }]),
];

const columns: Column<Step>[] = [
  { title: "POLICY", of: ({ name }) => name },
  { title: "WHEN", of: ({ when }) => when },
  { title: "WHAT", of: ({ what }) => what },
];

function find(all: readonly BuiltinDescription[], name: string): BuiltinDescription {
  const found = all.find((one) => one.name === name);
  if (found) return found;
  throw new CliError(`There is no built-in policy '${name}': use ${all.map((one) => one.name).join(", ")}.`);
}

async function policies(cli: Cli, { yaml, base }: Options): Promise<void> {
  const all = await cli.admin().lifecycle.builtinPolicies();
  if (yaml !== undefined) {
    const policy = find(all, yaml);
    if (cli.show.isJson()) return cli.show.json(policy);
    cli.show.text(policyYaml(policy, { base, now: cli.now() }));
    return cli.show.remark(
      `Keep it in a file, change it, and see whom it hits: \`perennial lifecycle plan FILE\`.`,
    );
  }
  if (cli.show.isJson()) return cli.show.json(all);
  cli.show.text(
    all.map(({ name, title }) => wrap(`${name}: ${title}`, cli.show.width() ?? Infinity)).join(""),
  );
  cli.show.text(`\n${renderTable(columns, all.flatMap(stepsOf), cli.show.width())}`);
  cli.show.remark("\n`perennial lifecycle policies --yaml NAME` prints a document to start from.");
}

export const lifecyclePolicies: AddCommand = (parent, cli) => {
  parent
    .command("policies")
    .option("--yaml <name>", "print a document to start from")
    .option("--base <model>", "with --yaml, the base model that the policy is for")
    .description("List the policies that come with Perennial (needs the admin key).")
    .addHelpText(
      "after",
      example(
        "perennial lifecycle policies",
        "perennial lifecycle policies --yaml openai-2026 > change.yaml",
      ),
    )
    .action((options: Options) => policies(cli, options));
};
