import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type ts from "typescript";
import { CellTypes } from "../../kernel/language/cellTypes.ts";
import { typescript } from "../fixtures/kernel/typescript.ts";

const folder = mkdtempSync(join(tmpdir(), "vitrine-completion-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** How many cells come before; more than one checker serves. */
const CELLS = 250;

test("a completion parses what is being typed and nothing else, however many cells came before", () => {
  const types = new CellTypes(typescript(), { cwd: folder, modules: {} });
  after(() => types.close());
  const files = (source: string): ReadonlySet<ts.SourceFile> =>
    types.ask(source, (service, fileName) => {
      const names = service.getCompletionsAtPosition(fileName, source.length, {})?.entries ?? [];
      assert.ok(names.length > 0, source);
      return new Set(service.getProgram()?.getSourceFiles());
    });
  const isNew = (now: ReadonlySet<ts.SourceFile>, before: ReadonlySet<ts.SourceFile>) =>
    [...now].filter((file) => !before.has(file));

  const first = files("Mat");
  const second = files("Math.");
  assert.deepEqual(
    isNew(second, first).map(({ text }) => text),
    ["Math."],
  );
  for (let n = 0; n < CELLS; n++) {
    const cell = types.open(`let name${n} = ${n}; name${n}`);
    types.check(cell);
    types.remember(cell);
  }
  const third = files("name");
  assert.equal(third.size, first.size, "the cells are no files of the program");
  const fourth = files("name1");
  assert.deepEqual(
    isNew(fourth, third).map(({ text }) => text),
    ["name1"],
  );
});
