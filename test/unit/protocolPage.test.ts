import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { protocolRows } from "../fixtures/kernel/protocolRows.ts";

/** A test's name, with `*` for what a template fills in. */
function nameIn(node: ts.Expression | undefined): string | null {
  if (node === undefined) return null;
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return null;
  return node.head.text + node.templateSpans.map(({ literal }) => `*${literal.text}`).join("");
}

/** Whether options given to a test keep it from running. */
function isLeftOut(call: ts.CallExpression): boolean {
  const members = call.arguments.filter(ts.isObjectLiteralExpression).flatMap((o) => o.properties);
  return members.some(({ name }) => name !== undefined && /^(skip|todo)$/.test(name.getText()));
}

/** Names of the tests that run when a TypeScript file is run: calls of `test` and `it`, bare or for a platform. */
function testsOfModule(file: string): string[] {
  const source = ts.createSourceFile(
    file,
    readFileSync(file, "utf8"),
    ts.ScriptTarget.Latest,
    true,
  );
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && !isLeftOut(node)) {
      const callee = ts.isCallExpression(node.expression) ? node.expression : node;
      const name = nameIn(node.arguments[0]);
      if (name !== null && /^(test|it|testWhere|t\.test)$/.test(callee.expression.getText()))
        names.push(name);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return names;
}

/**
 * Names of the checks that run when a script is run: functions at its top that `@check` puts into the list which it runs. That
 * they did run, and what messages they exchanged, the tests that run the scripts compare with the page.
 */
function checksOfScript(file: string): string[] {
  const text = readFileSync(file, "utf8");
  assert.match(text, /^def check\(function\):\n {4}CHECKS\.append\(function\)\n/m);
  assert.match(text, /^ *run_checks\(CHECKS, /m);
  const functions = text.matchAll(/^@check\ndef (\w+)\(kernel\):\n/gm);
  return [...functions].map(([, name = ""]) => name.replaceAll("_", " "));
}

const matches = (pattern: string, name: string): boolean =>
  pattern === name || (pattern.startsWith("*") && pattern.slice(1).trim() === name);

test("every row of docs/protocol.md links to tests that run", () => {
  const rows = protocolRows();
  assert.ok(rows.length >= 35, `expected the rows of the protocol table, got ${rows.length}`);
  for (const { feature, tests } of rows) {
    assert.ok(tests.length > 0, `expected a link to a test, got none in: ${feature}`);
    for (const { name, file } of tests) {
      assert.ok(existsSync(file), `expected ${file}, got nothing`);
      const path = fileURLToPath(file);
      const names = path.endsWith(".py") ? checksOfScript(path) : testsOfModule(path);
      assert.ok(
        names.some((pattern) => matches(pattern, name)),
        `expected a test "${name}" in ${path}, got ${names.join(", ")}`,
      );
    }
  }
});

test("rows that name messages are held to what their tests exchange", () => {
  const traced = protocolRows().filter(({ messages, tests }) =>
    tests.some(({ file }) => messages.length > 0 && file.pathname.endsWith("_check.py")),
  );
  assert.ok(traced.length >= 40, `expected rows that name messages, got ${traced.length}`);
});
