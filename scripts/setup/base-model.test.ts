import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { test } from "node:test";
import { basesFolder, converterSources } from "./base-model.ts";

test("the converter's sources are all that it imports from the trainer, each once", () => {
  const folder = mkdtempSync(join(tmpdir(), "perennial-converter-"));
  const write = (name: string, ...lines: string[]) => writeFileSync(join(folder, name), lines.join("\n"));
  write(
    "convert_base.py",
    "import json",
    "from trainer.layout import rows",
    "from trainer.files import save",
  );
  write("layout.py", "import numpy", "from trainer.files import read");
  write("files.py", "from trainer.layout import rows");
  write("train.py", "import torch");
  const names = converterSources(folder).map((path) => basename(path));
  rmSync(folder, { recursive: true });
  assert.deepEqual(names.sort(), ["convert_base.py", "files.py", "layout.py"]);
});

const folders = [
  [{}, "/checkout/data/bases"],
  [{ PERENNIAL_DATA: "/srv/perennial" }, "/srv/perennial/bases"],
  [{ PERENNIAL_DATA: "/srv/perennial", PERENNIAL_BASES: "/models" }, "/models"],
  [{ PERENNIAL_BASES: "models" }, "/checkout/models"],
] as const;

for (const [env, expected] of folders) {
  test(`with ${JSON.stringify(env)} the base goes to ${expected}`, () => {
    assert.equal(basesFolder("/checkout", env), expected);
  });
}
