import assert from "node:assert/strict";
import { test } from "node:test";
import { modelAnatomy } from "../../engine/anatomy/modelAnatomy.ts";
import { anatomyOf } from "../../engine/index.node.ts";
import {
  anatomyText,
  classShares,
  formulaOf,
  layersText,
  nameAt,
  timesOf,
} from "../../widgets/anatomy/data.ts";
import { mostParameters, sideOf } from "../../widgets/anatomy/mosaic.ts";
import { anatomyPicture } from "../../widgets/anatomy/staticPicture.ts";
import { anatomyTables } from "../../widgets/anatomy/tables.ts";
import { everySpec } from "../fixtures/everySpec.ts";

const V3 = anatomyOf("deepseek-v3");

test("layers are said in as few words as say all of them", () => {
  assert.equal(layersText([7]), "7");
  assert.equal(layersText([0, 1]), "0, 1");
  assert.equal(layersText([3, 4, 5, 6]), "3 to 6");
  assert.equal(layersText([0, 2, 4, 6]), "0, 2 … 6");
  assert.equal(layersText([1, 4, 5]), "1, 4, 5");
});

test("an operator's formula and names are those of the plan", () => {
  const moe = V3.parts[2];
  const query = moe?.operators.find(({ writes }) => writes[0]?.name.endsWith("attn.hook_q"));
  assert.ok(query);
  assert.equal(formulaOf(query), "(T, Cq) × (H·(P+R), Cq) → (T, H, P+R)");
  assert.equal(nameAt(query.writes[0]?.name ?? "", 17), "blocks.17.attn.hook_q");
  assert.equal(nameAt("hook_embed", null), "hook_embed");
});

test("areas are in proportion to parameters, and shares add up to them", () => {
  const most = mostParameters(V3.parts);
  for (const part of V3.parts) {
    const all = timesOf(part) * part.parameters;
    const shares = classShares(part);
    assert.equal(
      shares.reduce((sum, { parameters }) => sum + parameters, 0),
      all,
    );
    assert.equal(
      shares.reduce((sum, { active }) => sum + active, 0),
      timesOf(part) * part.activeParameters,
    );
    const side = sideOf(part, most, 1000);
    assert.ok(Math.abs(side ** 2 / 1e6 - all / most) < 1e-12, part.title);
  }
});

test("columns are equally long, and their parameters are the model's", () => {
  const tables = anatomyTables(V3);
  for (const { columns } of tables)
    assert.equal(new Set(columns.map(({ values }) => values.length)).size, 1);
  const [parts] = tables;
  const column = (name: string) =>
    Array.from(parts?.columns.find((each) => each.name === name)?.values ?? [], Number);
  const counts = column("parameters of one").map((count, i) => count * (column("times")[i] ?? 0));
  const { totalParameters, draftParameters } = V3.model;
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    totalParameters + draftParameters,
  );
});

test("every model is drawn without a page, and told in words", () => {
  for (const [name, spec] of everySpec()) {
    const anatomy = modelAnatomy(name, spec);
    const svg = anatomyPicture(anatomy);
    assert.match(svg, /^<svg .*<\/svg>$/s, name);
    assert.ok(!/NaN|Infinity|undefined|null/.test(svg), name);
    assert.equal(anatomyText(anatomy).split("\n").length, anatomy.parts.length + 1);
  }
  assert.match(
    anatomyText(V3),
    /Layers 3 to 60: .*; 24 operators; 58 × 11\.5 G = 667 G parameters, 5\.1 % active/,
  );
});
