import assert from "node:assert/strict";
import { after, test } from "node:test";
import { cellNotebook } from "../fixtures/kernel/cellNotebook.ts";

test("a cell is asynchronous only if it waits outside of its functions", () => {
  const { executor, language } = cellNotebook({ cwd: process.cwd(), typeErrors: "off" });
  after(() => language.close());
  const isAsync = (code: string): boolean => {
    const compiled = language.compile(code, executor.names(), () => true);
    assert.ok(compiled.ok, code);
    return compiled.cell.isAsync;
  };
  for (const code of [
    "1",
    "async function f() { await 1 }",
    "const f = async () => await 1",
    "const o = { async m() { for await (const x of []) x } }",
    "class A { static async m() { await 1 } }",
  ])
    assert.equal(isAsync(code), false, code);
  for (const code of [
    "await 1",
    "const x = await 1",
    "for await (const x of []) x",
    "if (1) { await 1 }",
    "const f = async () => 1; await f()",
    "const f = () => 1, y = await f()",
  ])
    assert.equal(isAsync(code), true, code);
});
