import { spawnSync } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { environmentPython } from "./setup/context.ts";
import {
  addCounts,
  type Counts,
  countsOfJunit,
  countsOfTap,
  formatCounts,
  noCounts,
  withExitCode,
} from "./test-run/counts.ts";
import { isSlow, parseTestOptions, planTests, type TestGroup } from "./test-run/plan.ts";

const root = dirname(import.meta.dirname);
const patterns = [
  "{bench,bundle,contract,training-data,deprecations,client,server,cli,dashboard,scripts,test}/**/*.test.ts",
  "trainer/tests/**/test_*.py",
];

const run = (command: string, args: readonly string[], cwd = root): number =>
  spawnSync(command, args, { cwd, stdio: "inherit" }).status ?? 1;

function nodeTest({ files, concurrency }: TestGroup, report: string): number {
  const reporting = [
    "--test-reporter=spec",
    "--test-reporter-destination=stdout",
    "--test-reporter=tap",
    `--test-reporter-destination=${report}`,
  ];
  const limits = [`--test-concurrency=${concurrency}`, "--test-timeout=600000"];
  return run(process.execPath, ["--test", ...limits, ...reporting, ...files]);
}

function pytest({ files }: TestGroup, report: string): number {
  const trainer = join(root, "trainer");
  const inTrainer = files.map((file) => relative(trainer, join(root, file)));
  return run(environmentPython(root), ["-m", "pytest", `--junit-xml=${report}`, ...inTrainer], trainer);
}

function runGroup(group: TestGroup, folder: string): Counts {
  console.log(`\n${group.name}: ${group.files.length} files`);
  const report = join(folder, group.name.replaceAll(" ", "-"));
  const exitCode = group.runner === "node" ? nodeTest(group, report) : pytest(group, report);
  const text = existsSync(report) ? readFileSync(report, "utf8") : "";
  return withExitCode(group.runner === "node" ? countsOfTap(text) : countsOfJunit(text), exitCode);
}

function runTests(groups: readonly TestGroup[]): Counts {
  const folder = mkdtempSync(join(tmpdir(), "perennial-test-"));
  try {
    const outcomes = groups.map((group) => ({ name: group.name, counts: runGroup(group, folder) }));
    console.log("");
    for (const { name, counts } of outcomes) console.log(`${name.padEnd(16)} ${formatCounts(counts)}`);
    return outcomes.map(({ counts }) => counts).reduce(addCounts, noCounts);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function main(): number {
  const options = parseTestOptions(process.argv.slice(2));
  const paths = globSync(patterns, { cwd: root });
  const groups = planTests(paths, options.only);
  if (groups.length === 0) {
    console.error(`No test file matches ${options.only.join(", ")}.`);
    return 1;
  }
  const checkPassed = options.skipCheck || run(process.execPath, ["scripts/check.ts"]) === 0;
  const counts = runTests(groups);
  if (!checkPassed) console.log("The checks before the tests failed; see the table at the top.");
  console.log(formatCounts(counts));
  if (options.only.length === 0)
    console.log(`${paths.filter(isSlow).length} slow files were left out: npm test -- --only slow`);
  return checkPassed && counts.failed === 0 ? 0 : 1;
}

process.exitCode = main();
