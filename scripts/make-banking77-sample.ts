import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseCsv } from "./banking77/csv.ts";
import { chatLine, drawAllIntents, drawSample, type Question } from "./banking77/sample.ts";

const root = resolve(import.meta.dirname, "..");
const source = resolve(process.argv[2] ?? join(root, "..", "shared", "data", "banking77"));
const target = join(root, "examples", "banking77");

function readSplit(name: string): Question[] {
  const [, ...records] = parseCsv(readFileSync(join(source, name), "utf8"));
  return records.map(([text = "", intent = ""]) => ({ text, intent }));
}

function write(name: string, questions: readonly Question[]): void {
  writeFileSync(join(target, name), questions.map((question) => `${chatLine(question)}\n`).join(""));
  console.log(`${name}: ${questions.length} rows`);
}

const trainSplit = readSplit("train.csv");
const { training, validation, heldOut } = drawSample(trainSplit, readSplit("test.csv"));
write("train.jsonl", training);
write("validation.jsonl", validation);
write("held-out.jsonl", heldOut);

const everyIntent = drawAllIntents(trainSplit, 4).map((question) => `${JSON.stringify(question)}\n`);
writeFileSync(join(root, "bench", "data", "banking77.jsonl"), everyIntent.join(""));
