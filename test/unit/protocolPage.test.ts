import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";

const page = new URL("../../docs/protocol.md", import.meta.url);
const TEST_LINK = /\[([^\]]+)\]\((\.\.\/test\/[^)]+)\)/g;

/** Rows of every table: those that start with a bar, headings and rules aside. */
function tableRows(text: string): string[] {
  const lines = text.split("\n");
  return lines.filter(
    (line, index) =>
      line.startsWith("| ") && !line.startsWith("| -") && !lines[index + 1]?.startsWith("| -"),
  );
}

/** Whether a test of that name is in a file: a function in Python, a string in TypeScript. */
function holdsTest(source: string, path: string, name: string): boolean {
  return path.endsWith(".py")
    ? source.includes(`def ${name.replaceAll(" ", "_")}(`)
    : source.includes(`"${name}"`) || source.includes(`${name}\``);
}

test("every row of docs/protocol.md links to a test that exists", () => {
  const rows = tableRows(readFileSync(page, "utf8"));
  assert.ok(rows.length >= 35, `expected the rows of the protocol table, got ${rows.length}`);
  for (const row of rows) {
    const links = [...row.matchAll(TEST_LINK)];
    assert.ok(links.length > 0, `expected a link to a test, got none in: ${row}`);
    for (const [, name = "", path = ""] of links) {
      const file = new URL(path, page);
      assert.ok(existsSync(file), `expected ${path}, got nothing`);
      assert.ok(
        holdsTest(readFileSync(file, "utf8"), path, name),
        `expected a test "${name}" in ${path}, got none`,
      );
    }
  }
});
