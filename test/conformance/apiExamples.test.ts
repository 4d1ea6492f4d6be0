import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Model } from "../../engine/index.node.ts";
import { BEGINNING, EXAMPLES } from "../../scripts/api/examples.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import { importCode, onBuilt, readPage } from "../fixtures/pageModule.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";

/** Sections of docs/api.md in which every function and every method has an example. */
const SECTIONS = [
  "Acting on a model",
  "Stepping through a model",
  "Sweeps",
  "Explaining",
  "Tensor",
  "Several prompts together",
];

/** Of other sections, what explains a run, and its pictures. */
const ALSO = [
  ...["Model.weight", "Model.linear", "Model.softmax", "Model.logSoftmax", "Model.backward"],
  ...["Model.attributionPatching", "Run.get", "Run.capture", "Run.headMetrics", "Run.routing"],
  ...["attention", "comparison", "sweep", "lensGrid", "attributionBars", "featureStrip"],
];

/** Parts of a page below headings of one depth, by heading. */
function parts(text: string, depth: number): Map<string, string> {
  const [, ...found] = text.split(new RegExp(`^#{${depth}} `, "m"));
  return new Map(found.map((part) => [part.slice(0, part.indexOf("\n")), part]));
}

/** What one calls, and what the page has about it: functions and methods. */
function calls(section: string): [name: string, text: string][] {
  return [...parts(section, 3)].flatMap(([name, about]) => {
    const isFunction = /^```ts\n(function|\w+ = \()/m.test(about);
    return [...(isFunction ? [[name, about] as [string, string]] : []), ...parts(about, 4)];
  });
}

test("what acts on a model, steps through it, sweeps over it, explains it and takes several prompts has an example each", () => {
  const sections = parts(readPage("api.md").text, 2);
  const everywhere = [...sections.values()].flatMap(calls);
  const also = everywhere.filter(([name]) => ALSO.includes(name));
  assert.deepEqual(also.map(([name]) => name).sort(), ALSO.toSorted());
  const named = [...SECTIONS.flatMap((title) => calls(sections.get(title) ?? "")), ...also];
  assert.ok(named.length >= 75, `expected functions and methods, got ${named.length}`);
  for (const [name, text] of named)
    assert.ok(text.includes(EXAMPLES[name] ?? "an example"), `${name} has no example on the page`);
  const headings = [...sections.values()].flatMap((section) => [
    ...parts(section, 3).keys(),
    ...[...parts(section, 3).values()].flatMap((part) => [...parts(part, 4).keys()]),
  ]);
  for (const name of Object.keys(EXAMPLES)) assert.ok(headings.includes(name), `no ${name}`);
});

test("every example of docs/api.md runs by itself", async (t) => {
  const code = Object.values(EXAMPLES).join("\n");
  const calledOf = (names: object): string =>
    Object.keys(names)
      .filter((name) => new RegExp(`(?<![.\\w])${name}\\(`).test(code + BEGINNING))
      .join(", ");
  const folder = await temporaryFolder(t);
  symlinkSync(inRepository("models"), join(folder, "models"));
  const before = process.cwd();
  process.chdir(folder); // where examples find models/ and leave their files
  t.after(() => process.chdir(before));
  const functions = Object.entries(EXAMPLES).map(
    ([name, example]) => `export const ${name.replace(".", "_")}_ = async () => {\n${example}\n};`,
  );
  const module = await importCode(
    t,
    onBuilt(`import { ${calledOf(await import("../../engine/index.node.ts"))} } from "vitrine";
import { ${calledOf(await import("../../widgets/index.ts"))} } from "vitrine/widgets";
${BEGINNING.replace("const model", "export const model")}
${functions.join("\n")}
`),
  );
  const { model, ...examples } = module as { model: Model } & Record<string, () => Promise<void>>;
  t.after(() => model.dispose());
  assert.equal(Object.keys(examples).length, functions.length);
  for (const [name, run] of Object.entries(examples)) await t.test(name, run);
});
