import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { inRepository } from "../../scripts/build/repository.ts";

const PAGES = ["", "docs"].flatMap((folder) =>
  readdirSync(inRepository(folder))
    .filter((name) => name.endsWith(".md") || name === "llms.txt")
    .map((name) => join(folder, name)),
);

/** The anchors of a page's headings. */
const anchors = (page: string): string[] =>
  [...page.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );

test("every link of the pages leads to a file that is there, and to a heading of it", () => {
  assert.ok(PAGES.includes("llms.txt") && PAGES.length > 10);
  for (const page of PAGES) {
    const text = readFileSync(inRepository(page), "utf8").replaceAll(/```[\s\S]*?```/g, "");
    for (const [, target = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^\w+:/.test(target)) continue;
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? page : join(dirname(page), path);
      assert.ok(existsSync(inRepository(file)), `${page}: ${target}`);
      if (anchor === undefined || !file.endsWith(".md")) continue;
      const found = anchors(readFileSync(inRepository(file), "utf8"));
      assert.ok(found.includes(anchor), `${page}: ${target}`);
    }
  }
});
