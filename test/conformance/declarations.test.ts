import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import ts from "typescript";
import { inRepository } from "../../scripts/build/repository.ts";

const folder = mkdtempSync(join(tmpdir(), "vitrine-declarations-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Messages about a module that uses the built declarations, the declarations themselves checked as well. */
function messagesAbout(source: string): string[] {
  const file = join(folder, "cell.ts");
  writeFileSync(file, source);
  const program = ts.createProgram([file], {
    target: ts.ScriptTarget.ES2021,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    strict: true,
    noEmit: true,
    types: ["node", "@webgpu/types"],
    typeRoots: [inRepository("node_modules/@types"), inRepository("node_modules")],
  });
  return program
    .getSourceFiles()
    .filter(({ fileName }) => fileName.endsWith("cell.ts") || fileName.includes("dist/types"))
    .flatMap((each) => [
      ...program.getSyntacticDiagnostics(each),
      ...program.getSemanticDiagnostics(each),
    ])
    .map((diagnostic) => ts.flattenDiagnosticMessageText(diagnostic.messageText, " "));
}

const declarations = (entry: string): string => JSON.stringify(inRepository("dist/types", entry));
const IMPORTS = `import { loadModel, type Run } from ${declarations("engine/index.node")};
import { attention, cost, routing } from ${declarations("widgets/index")};
const model = await loadModel("tiny");
const run: Run = await model.run("a");
`;

test("the compiler that checks cells reads the declarations without a complaint", () => {
  const cell = `${IMPORTS}attention(run); routing(run); cost(run);
    export const weights: Float32Array = (await run.attentionTile({ layer: 0, head: 0 })).weights;`;
  assert.deepEqual(messagesAbout(cell), []);
});

test("what the declarations say has types, none of them any", () => {
  const wrong = [
    "export const a: number = run.id;",
    "export const b: boolean = run.logits.data;",
    "export const c: boolean = attention(run);",
    "export const d: number = (await run.attentionTile({ layer: 0, head: 0 })).weights;",
  ];
  const messages = messagesAbout(IMPORTS + wrong.join("\n"));
  assert.equal(messages.length, wrong.length, messages.join("\n"));
  for (const message of messages) assert.match(message, /not assignable/);
});
