import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { parseHTML } from "linkedom";
import { inRepository } from "../../scripts/build/repository.ts";
import { STATIC_PICTURES } from "../fixtures/pictures/staticPictures.ts";

const FOLDER = new URL("../fixtures/pictures/", import.meta.url);

for (const [name, draw] of Object.entries(STATIC_PICTURES))
  test(`${name} is drawn as in test/fixtures/pictures`, () => {
    const drawn = draw();
    const kept = readFileSync(new URL(`${name}.svg`, FOLDER), "utf8");
    const at = Array.from(drawn).findIndex((character, i) => character !== kept[i]);
    assert.ok(
      drawn === kept,
      `${name}.svg has ${JSON.stringify(kept.slice(at, at + 80))} where ${JSON.stringify(drawn.slice(at, at + 80))} is drawn. Is that meant? Draw it anew: npx tsx test/fixtures/pictures/drawAll.ts`,
    );
    const { document } = parseHTML(drawn);
    assert.ok((document.querySelector("title")?.textContent ?? "") !== "", "it says what it shows");
    assert.doesNotMatch(drawn, /NaN|undefined|Infinity|null/, "a number is missing");
  });

test("no picture is kept that nothing draws", () => {
  const kept = readdirSync(FOLDER).filter((name) => name.endsWith(".svg"));
  assert.deepEqual(
    kept.sort(),
    Object.keys(STATIC_PICTURES)
      .map((name) => `${name}.svg`)
      .sort(),
  );
});

test("every kind of picture is compared", () => {
  const kinds = readdirSync(inRepository("widgets")).filter((name) =>
    existsSync(inRepository("widgets", name, "widget.ts")),
  );
  assert.equal(kinds.length, 19);
  for (const kind of kinds) assert.ok(kind in STATIC_PICTURES, `nothing draws ${kind}`);
});
