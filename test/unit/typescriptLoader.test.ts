import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { inRepository } from "../../scripts/build/repository.ts";
import { TYPESCRIPT_FLAGS } from "../../scripts/typescript/flags.ts";
// biome-ignore lint/correctness/useImportExtensions: it is JavaScript, and its types lie beside it
import { checkKernels } from "../../scripts/typescript/kernelSources.mjs";

const THROWS = `import { told } from "./told.ts";
interface Removed {
  readonly lines: true;
}
throw new Error(told satisfies string);
`;

test("what a file is now is what runs, with the places of its source, whatever is kept of it", (t) => {
  mkdirSync(inRepository(".vitrine"), { recursive: true });
  const folder = mkdtempSync(inRepository(".vitrine", "loader-"));
  const kept = inRepository(".vitrine/compiled/.vitrine", basename(folder));
  t.after(() => {
    for (const path of [folder, kept]) rmSync(path, { recursive: true, force: true });
  });
  const path = join(folder, "throws.ts");
  writeFileSync(path, THROWS);
  const told = (text: string): void =>
    writeFileSync(join(folder, "told.ts"), `export const told: string = "${text}";\n`);
  const printed = (): string =>
    spawnSync(process.execPath, [...TYPESCRIPT_FLAGS, path], { encoding: "utf8" }).stderr;
  told("first");
  for (const again of [1, 2])
    assert.match(printed(), /Error: first\s+at .*throws\.ts:5:/, `${again}`);
  told("other");
  assert.match(printed(), /Error: other\s+at .*throws\.ts:5:/);
  const keptFile = join(kept, "told.ts.js");
  const code = readFileSync(keptFile, "utf8");
  assert.match(code, /other/);
  writeFileSync(keptFile, code.slice(0, 20)); // half written
  assert.match(printed(), /Error: other/);
  assert.equal(readFileSync(keptFile, "utf8"), code);
});

test("kernels that were compiled from other sources are refused, with the command that mends it", () => {
  const path = inRepository("engine/backend/cpu/kernels.generated.ts");
  const url = pathToFileURL(path).href;
  const text = readFileSync(path, "utf8");
  checkKernels(url, text);
  const stale = text.replace(/(Sources: )[0-9a-f]/, "$1x");
  assert.notEqual(stale, text);
  for (const wrong of [stale, "export {};\n"])
    assert.throws(
      () => checkKernels(url, wrong),
      /compiled from the kernels .* Run npm run build\.$/,
    );
  checkKernels(pathToFileURL(inRepository("engine/index.ts")).href, "export {};\n");
});
