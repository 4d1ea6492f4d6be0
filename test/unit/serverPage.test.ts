import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";

const page = new URL("../../docs/server.md", import.meta.url);
const text = readFileSync(page, "utf8");
const TEST_LINK = /\[([^\]]+)\]\((\.\.\/test\/[^)]+)\)/g;

/** Whether the name stands, quoted, as a first argument. */
const isDeclared = (source: string, name: string): boolean => {
  const before = ['"', "'", "`"].flatMap((quote) =>
    source.split(`${quote}${name}${quote}`).slice(0, -1),
  );
  return before.some((text) => text.trimEnd().endsWith("("));
};

test("every claim in docs/server.md links to a test that exists", () => {
  const links = [...text.matchAll(TEST_LINK)];
  assert.ok(links.length >= 45, `expected the links of every section, got ${links.length}`);
  for (const [, name = "", path = ""] of links) {
    const file = new URL(path, page);
    assert.ok(existsSync(file), `expected ${path}, got nothing`);
    if (!path.endsWith(".test.ts")) continue; // a fixture
    if (name === "same requests") continue;
    const source = readFileSync(file, "utf8");
    assert.ok(isDeclared(source, name), `expected a test "${name}" in ${path}, got none`);
  }
});

test("docs/server.md names every option of vitrine lab, and no other", () => {
  const source = readFileSync(new URL("../../cli/commands/lab.ts", import.meta.url), "utf8");
  const options = new Set(
    [...source.matchAll(/"(--[a-z-]+)(?: <\w+>)?",/g)].map(([, name]) => name),
  );
  const [, table = ""] = text.split("## Options");
  const named = new Set(
    [...(table.split("\n\n")[1] ?? "").matchAll(/`(--[a-z-]+)/g)].map(([, name]) => name),
  );
  assert.deepEqual([...named].sort(), [...options].sort());
});
