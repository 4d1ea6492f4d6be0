import assert from "node:assert/strict";
import { mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Metafile } from "esbuild";
import { isUnchanged, stampOf, writeStamp } from "../../scripts/build/buildStamp.ts";
import { hashInputs, listFiles } from "../../scripts/build/hashInputs.ts";
import { assertSingleCopies } from "../../scripts/build/lab/assertSingleCopies.ts";
import { readLabPackages } from "../../scripts/build/lab/labPackages.ts";
import { applyRewrite, sourceRewrites } from "../../scripts/build/lab/sourceRewrites.ts";
import { forOlderCompiler } from "../../scripts/build/typesTarget.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";

const bundleOf = (...paths: string[]): Metafile => ({
  inputs: Object.fromEntries(paths.map((path) => [path, { bytes: 1, imports: [] }])),
  outputs: {},
});

test("a rewrite whose text is gone names the file and what it was for", () => {
  for (const entry of sourceRewrites) {
    assert.throws(() => applyRewrite(entry, "export default 1;"), {
      message: new RegExp(`${entry.file}.*another version`),
    });
  }
});

test("a bundle with one copy of each shared package is accepted", () => {
  assertSingleCopies(
    bundleOf(
      "node_modules/react/index.js",
      "node_modules/react/cjs/react.production.min.js",
      "svg-url:/somewhere/node_modules/@jupyterlab/ui-components/style/icon.svg",
      "node_modules/@jupyterlab/ui-components/lib/index.js",
    ),
  );
});

test("a bundle with two copies of a shared package is refused, and both places are named", () => {
  const doubled = bundleOf(
    "node_modules/@lumino/widgets/dist/index.js",
    "node_modules/@jupyterlab/cells/node_modules/@lumino/widgets/dist/index.js",
  );
  assert.throws(() => assertSingleCopies(doubled), {
    message: /@lumino\/widgets: .*cells\/node_modules\/@lumino\/widgets/,
  });
});

test("a bundle without packages is refused, because nothing was examined", () => {
  assert.throws(() => assertSingleCopies(bundleOf("widgets/lab/main.ts")), /got none/);
});

test("declarations lose what an older compiler cannot read", () => {
  const declaration = [
    'import { Tensor } from "../tensor/tensor.ts";',
    'export * from "./run.ts";',
    'import type { Command } from "commander";',
    "declare const a: Float32Array<ArrayBuffer>, b: Uint8Array<ArrayBufferLike>;",
    'type T = import("./model.ts").Model;',
  ].join("\n");
  assert.equal(
    forOlderCompiler(declaration),
    [
      'import { Tensor } from "../tensor/tensor.js";',
      'export * from "./run.js";',
      'import type { Command } from "commander";',
      "declare const a: Float32Array, b: Uint8Array;",
      'type T = import("./model.js").Model;',
    ].join("\n"),
  );
});

test("the hash of inputs depends on contents and names, and not on the order they are given in", () => {
  const one = hashInputs(["scripts/build", "package.json"]);
  assert.equal(hashInputs(["package.json", "scripts/build"]), one);
  assert.notEqual(hashInputs(["scripts/build"]), one);
  assert.notEqual(hashInputs(["scripts/build", "package.json"], undefined, "other target"), one);
  assert.ok(listFiles(["scripts/build"]).includes("scripts/build/lab/labPlugin.ts"));
});

test("every schema belongs to an installed plugin, and both themes are found", () => {
  const { extensions, mimeExtensions, schemas, themes } = readLabPackages();
  assert.deepEqual(
    themes.map(([name]) => name),
    ["@jupyterlab/theme-dark-extension", "@jupyterlab/theme-light-extension"],
  );
  for (const id of Object.keys(schemas)) {
    const name = id.slice(0, id.indexOf(":"));
    assert.ok(
      [...extensions, ...mimeExtensions].some((entry) => entry.startsWith(name)),
      `${id} has no plugin`,
    );
  }
});

test("a second npm start sees that nothing has changed by looking at times and sizes alone", async (t) => {
  const base = pathToFileURL(`${await temporaryFolder(t)}/`);
  const at = (path: string): URL => new URL(path, base);
  for (const path of ["in/deep", "dist"]) mkdirSync(at(path), { recursive: true });
  for (const path of ["in/a.ts", "in/deep/b.ts", "out.js"]) writeFileSync(at(path), path);
  const paths = ["in", "out.js", "none"];
  assert.equal(isUnchanged(base), false, "nothing was built yet");
  const changes: readonly (readonly [string, () => void])[] = [
    ["a file was written", () => writeFileSync(at("in/a.ts"), "in/A.ts")],
    ["a file has another time", () => utimesSync(at("in/deep/b.ts"), 1, 1)],
    ["a file is new", () => writeFileSync(at("in/deep/c.ts"), "")],
    ["a file has another name", () => renameSync(at("in/deep/c.ts"), at("in/deep/d.ts"))],
    ["a file is gone", () => rmSync(at("in/deep/d.ts"))],
    ["what was built is gone", () => rmSync(at("out.js"))],
    ["what was missing is there", () => writeFileSync(at("none"), "")],
    ["the stamp is damaged", () => writeFileSync(at("dist/.stamp.json"), '{"paths":')],
  ];
  for (const [what, change] of changes) {
    for (const path of ["in", "in/deep", "in/a.ts"]) utimesSync(at(path), 2, 2);
    writeStamp(paths, stampOf(paths, base), base);
    assert.equal(isUnchanged(base), true);
    change();
    assert.equal(isUnchanged(base), false, what);
  }
});
