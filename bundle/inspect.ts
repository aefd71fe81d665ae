import { createHash } from "node:crypto";
import { BUNDLE_FORMAT, BUNDLE_VERSION, type BundleFile, BundleManifest } from "../contract/bundles.ts";
import { type AdapterParts, assertAdapter, parseLoraConfig } from "./adapter.ts";
import { parseGguf } from "./gguf.ts";
import { GGUF_ADAPTER, isKnown, MANIFEST, NEEDED, PEFT_CONFIG, PEFT_WEIGHTS, SUMS } from "./names.ts";
import { BundleProblem } from "./problem.ts";
import { parseSafetensors } from "./safetensors.ts";
import { parseSums } from "./sums.ts";
import type { Entry } from "./tar.ts";

export type FileState = "ok" | "damaged" | "missing" | "unknown";
export type FileFinding = { readonly name: string; readonly bytes: number; readonly state: FileState };

export type Inspection = {
  /** null: there is none that can be read. */
  readonly manifest: BundleManifest | null;
  readonly files: readonly FileFinding[];
  /** Sentences; none: the bundle is whole. */
  readonly problems: readonly string[];
};

type Seen = { readonly bytes: number; readonly sha256: string; readonly start: Buffer };

/** Headers are within; of what is read as a whole nothing is longer. */
const KEPT_BYTES = 8 * 1024 * 1024;
const kept: ReadonlySet<string> = new Set([MANIFEST, SUMS, ...NEEDED]);

/** The manifest, or a `BundleProblem` that says why there is none. */
export function parseManifest(text: string): BundleManifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new BundleProblem(`${MANIFEST} is no JSON.`, { cause });
  }
  const parsed = BundleManifest.safeParse(value);
  if (parsed.success) return parsed.data;
  const { format, version } = Object(value);
  if (format !== BUNDLE_FORMAT) throw new BundleProblem(`${MANIFEST} does not describe an exported model.`);
  if (Number(version) > BUNDLE_VERSION)
    throw new BundleProblem(
      `${MANIFEST} is of version ${version}, which a newer Perennial made: use that one.`,
    );
  const [issue] = parsed.error.issues;
  throw new BundleProblem(
    `${MANIFEST} is broken at ${issue?.path.join(".") || "its top"}: ${issue?.message}.`,
  );
}

/** The adapter of a bundle whose files are whole. */
export function adapterIn(seen: ReadonlyMap<string, Pick<Seen, "bytes" | "start">>): AdapterParts {
  const of = (name: string) => {
    const found = seen.get(name);
    if (!found) throw new BundleProblem(`${name} is missing.`);
    return found;
  };
  const [weights, gguf] = [of(PEFT_WEIGHTS), of(GGUF_ADAPTER)];
  return {
    config: parseLoraConfig(of(PEFT_CONFIG).start.toString("utf8")),
    weights: parseSafetensors(weights.start, weights.bytes, PEFT_WEIGHTS),
    gguf: parseGguf(gguf.start, GGUF_ADAPTER),
    ggufBytes: gguf.bytes,
  };
}

/** null: it is fine; else what is wrong. */
function complaint(check: () => void): string | null {
  try {
    check();
    return null;
  } catch (error) {
    if (error instanceof BundleProblem) return error.message;
    throw error;
  }
}

function findingsOf(
  seen: ReadonlyMap<string, Seen>,
  listed: readonly BundleFile[],
  mayLack: (name: string) => boolean,
) {
  const wanted = new Map(listed.map((file) => [file.name, file]));
  const present = [...seen].map(([name, { bytes, sha256 }]): FileFinding => {
    const file = wanted.get(name);
    if (!file) return { name, bytes, state: name === MANIFEST || name === SUMS ? "ok" : "unknown" };
    return { name, bytes, state: file.bytes === bytes && file.sha256 === sha256 ? "ok" : "damaged" };
  });
  const missing = [...wanted.values()]
    .filter(({ name }) => !seen.has(name) && !mayLack(name))
    .map(({ name, bytes }): FileFinding => ({ name, bytes, state: "missing" }));
  return [...present, ...missing];
}

const sentences = {
  damaged: "is damaged: it is not what was exported.",
  missing: "is missing.",
  unknown: "is not part of the bundle.",
} as const;

const problemsOf = (files: readonly FileFinding[]): string[] =>
  files.flatMap(({ name, state }) =>
    state === "ok" ? [] : [`${JSON.stringify(name).slice(1, -1)} ${sentences[state]}`],
  );

/** SHA256SUMS names the manifest too, so that either of them tells when the other is damaged. */
function sumsProblems(seen: ReadonlyMap<string, Seen>, listed: readonly BundleFile[]): string[] {
  const file = seen.get(SUMS);
  if (!file) return [`${SUMS} is missing.`];
  const sums = parseSums(file.start.toString("utf8"));
  if (!sums) return [`${SUMS} is damaged.`];
  if (sums.get(MANIFEST) !== seen.get(MANIFEST)?.sha256)
    return [`${MANIFEST} or ${SUMS} is damaged: they differ.`];
  const agrees =
    sums.size === listed.length + 1 && listed.every(({ name, sha256 }) => sums.get(name) === sha256);
  return agrees ? [] : [`${SUMS} is damaged: it differs from ${MANIFEST}.`];
}

/** Reads a bundle file by file, in any order, and then says what is wrong with it. */
export function createInspector() {
  const seen = new Map<string, Seen>();

  /** The entry's bytes as they come, noted in passing. */
  async function* pass({ name, content }: Entry): AsyncGenerator<Uint8Array> {
    if (seen.has(name))
      throw new BundleProblem(`The bundle holds ${JSON.stringify(name.slice(0, 200))} twice.`);
    const hash = createHash("sha256");
    const start: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of content) {
      hash.update(chunk);
      if (kept.has(name) && bytes < KEPT_BYTES) start.push(Buffer.from(chunk));
      bytes += chunk.byteLength;
      yield chunk;
    }
    seen.set(name, { bytes, sha256: hash.digest("hex"), start: Buffer.concat(start) });
  }

  /** `mayLack`: what does not have to be there. */
  function report(mayLack: (name: string) => boolean = () => false): Inspection {
    const text = seen.get(MANIFEST)?.start.toString("utf8");
    if (text === undefined)
      return { manifest: null, files: [], problems: [`${MANIFEST} is missing: this is no exported model.`] };
    let manifest: BundleManifest | null = null;
    const broken = complaint(() => {
      manifest = parseManifest(text);
    });
    return broken === null && manifest
      ? judge(manifest, mayLack)
      : { manifest: null, files: [], problems: [broken ?? ""] };
  }

  function judge(manifest: BundleManifest, mayLack: (name: string) => boolean): Inspection {
    const files = findingsOf(seen, manifest.files, mayLack).sort((a, b) => (a.name < b.name ? -1 : 1));
    const strange = manifest.files.filter(({ name }) => !isKnown(name));
    const problems = [
      ...strange.map(({ name }) => `${MANIFEST} names ${JSON.stringify(name)}, which no bundle holds.`),
      ...problemsOf(files),
      ...sumsProblems(seen, manifest.files),
    ];
    const adapter = problems.length > 0 ? null : complaint(() => assertAdapter(adapterIn(seen)));
    return { manifest, files, problems: adapter === null ? problems : [adapter] };
  }

  return {
    pass,
    report,
    seen: (): ReadonlyMap<string, Seen> => seen,
  };
}
export type Inspector = ReturnType<typeof createInspector>;
