import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { after, before, test } from "node:test";
import { parquetReadObjects } from "hyparquet";
import { loadModel, type Model, type Run } from "../../engine/index.node.ts";
import { DISPLAY } from "../../kernel/display/host.ts";
import { cost, latent, routing, thinking, tokens } from "../../widgets/index.ts";
import { fileAnswers } from "../../widgets/render/save/fileAnswers.ts";
import { findChromium } from "../../widgets/render/save/findChromium.ts";
import { rowsOf } from "../../widgets/render/table.ts";
import { allPictures, specialRuns } from "../fixtures/allPictures.ts";
import { THINKING } from "../fixtures/curveRecords.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";

let model: Model;
let special: Awaited<ReturnType<typeof specialRuns>>;
let run: Run;
let pictures: Awaited<ReturnType<typeof allPictures>>;
before(async () => {
  model = await loadModel("tiny", { backend: "cpu" });
  run = await model.run("The keys to the cabinet");
  const stepping = await model.step("The keys");
  await stepping.next("layer");
  special = await specialRuns(model);
  pictures = await allPictures(run, stepping, special);
});
after(() => {
  special?.dispose();
  model?.dispose();
});

test("every picture has its tables, with rows, and gives the picture that it shows", async () => {
  for (const { picture, tables } of pictures) {
    assert.deepEqual(await picture.tableNames(), tables, picture.name);
    for (const name of tables) {
      const table = await picture.table(name);
      assert.ok(rowsOf(table) > 0, `${picture.name}: ${name} is empty`);
      const names = table.columns.map((column) => column.name);
      assert.equal(new Set(names).size, names.length, `${picture.name}: ${name} repeats a column`);
      const rows = await parquetReadObjects({
        file: (await picture.toParquet(name)).slice().buffer,
      });
      assert.equal(rows.length, rowsOf(table));
      assert.equal((await picture.toCsv(name)).split("\r\n")[0]?.startsWith(names[0] ?? ""), true);
    }
    const bundle = await picture[DISPLAY]();
    assert.equal(await picture.toSvg(), bundle["image/svg+xml"]);
  }
});

test("files have the form that their names end with, and nothing else is left beside them", async (t) => {
  const folder = await temporaryFolder(t);
  for (const { picture, tables } of pictures) {
    const at = (ending: string): string => join(folder, `${picture.name}${ending}`);
    await picture.save(at(".svg"));
    assert.match(await readFile(at(".svg"), "utf8"), /^<svg [\s\S]*<\/svg>$/);
    const [table = ""] = tables;
    await picture.save(at(".csv"), { table });
    await picture.save(at(".csv"), { table });
    assert.equal(await readFile(at(".csv"), "utf8"), await picture.toCsv(table));
    await picture.save(at(".html"));
    const html = await readFile(at(".html"), "utf8");
    assert.match(html, /^<!doctype html>[\s\S]*<h1[\s\S]*<\/html>\n$/);
    assert.ok(html.length < 5e6, `${picture.name} has ${html.length} bytes`);
    await picture.save(at(".PARQUET"), { table });
    assert.deepEqual(
      new Uint8Array(await readFile(at(".PARQUET"))),
      await picture.toParquet(table),
    );
  }
  assert.equal((await readdir(folder)).length, 4 * pictures.length);
});

test("a file that cannot be is refused in a sentence, and none is written", async (t) => {
  const folder = await temporaryFolder(t);
  const picture = cost(run);
  const refuse = (name: string, options: object, says: RegExp): Promise<void> =>
    assert.rejects(picture.save(join(folder, name), options), says);
  await refuse(
    "a.csv",
    {},
    /cost\.save: expected one of the tables tokens, parts, .*none chosen\. Write save\(.*\{ table: "tokens" \}\)/,
  );
  await refuse(
    "a.parquet",
    { table: "heads" },
    /cost: expected the name of a table, tokens, .*, got heads/,
  );
  await refuse("a.html", { table: "tokens" }, /a table for \.csv or \.parquet alone/);
  await refuse("a.svg", { table: "tokens" }, /a table for \.csv or \.parquet alone/);
  await refuse("a.tex", {}, /expected a file that ends with \.svg, .*got ".*a\.tex"/);
  await refuse("a.csv", { tabel: "tokens" }, /expected options that exist, got "tabel"/);
  await refuse(
    join("none", "a.svg"),
    {},
    /^Error: cost\.save: expected a file .*none.a\.svg: no such folder \(ENOENT\)\. Make the folder, or choose another path\.$/,
  );
  await assert.rejects(picture.toCsv(), /expected the name of a table, tokens, .*, got none/);
  assert.deepEqual(await readdir(folder), []);
  await thinking(THINKING).save(join(folder, "one.csv")); // it has one table
  assert.deepEqual(await readdir(folder), ["one.csv"]);
});

test("a page that waits for a file hears that it is coming, and asks again", async () => {
  let whole = (_html: string): void => {};
  const html = new Promise<string>((resolve) => {
    whole = resolve;
  });
  const source = {
    name: "slow",
    tableNames: async () => [],
    toCsv: async () => "",
    toHtml: () => html,
  };
  const { file } = fileAnswers(source, 0);
  const ask = (form: string) => (file ?? assert.fail())({ id: 1, kind: "file", form, part: 0 });
  assert.deepEqual(await ask("html"), { content: { isComing: true } });
  assert.deepEqual(await ask("html"), { content: { isComing: true } });
  whole("<p>");
  const { content, buffers } = await ask("html");
  assert.deepEqual(content, { nParts: 1 });
  assert.equal(new TextDecoder().decode(buffers?.[0]), "<p>");
  await assert.rejects(ask("pdf"), /slow: expected a file of csv or html, got pdf/);
});

test("without a browser PNG is refused with the other ways", async (t) => {
  const folder = await temporaryFolder(t);
  const { CHROME_PATH } = process.env;
  t.after(() => {
    if (CHROME_PATH === undefined) delete process.env.CHROME_PATH;
    else process.env.CHROME_PATH = CHROME_PATH;
  });
  process.env.CHROME_PATH = join(folder, "none");
  await assert.rejects(
    thinking(THINKING).save(join(folder, "a.png")),
    /thinking: expected Chromium, .*, got none\. Save SVG, or choose Save/,
  );
  process.env.CHROME_PATH = process.execPath; // which draws nothing
  await assert.rejects(
    thinking(THINKING).save(join(folder, "a.png")),
    /expected a PNG from .*got none/,
  );
  assert.deepEqual(await readdir(folder), []);
  await writeFile(join(folder, "msedge"), "", { mode: 0o755 });
  assert.equal(findChromium({ PATH: `/nowhere${delimiter}${folder}` }), join(folder, "msedge"));
});

test("tables have the engine's numbers, bit for bit", async () => {
  const column = async (
    table: Promise<{ columns: readonly { name: string; values: unknown }[] }>,
    name: string,
  ) => (await table).columns.find((each) => each.name === name)?.values as Float32Array;
  const [attention] = pictures;
  const weights = await column(attention?.picture.table("weights") ?? assert.fail(), "weight");
  const nTokens = run.record.tokens.length;
  const perHead = (nTokens * (nTokens + 1)) / 2;
  const { nHeads } = run.record.model;
  const tile = await run.attentionTile({ layer: 2, head: 1 });
  const query = 4;
  const from = (2 * nHeads + 1) * perHead + (query * (query + 1)) / 2;
  assert.deepEqual(
    weights.slice(from, from + query + 1),
    Float32Array.from(tile.weights.subarray(query * nTokens, query * nTokens + query + 1)),
  );
  const numbers = await column(latent(run).table("keys"), "number");
  const keys = await run.get("blocks.0.attn.hook_rot_k", { head: 1 });
  assert.deepEqual(
    numbers.slice(keys.data.length, 2 * keys.data.length),
    Float32Array.from(keys.data),
  );
  const experts = await column(routing(run).table("routes"), "expert");
  assert.deepEqual(Array.from(experts), Array.from((await run.routing()).indices));
  const bits = await column(tokens(run).table("tokens"), "surprisal");
  run.record.tokens.forEach(({ logprob }, t) => {
    assert.equal(bits[t], logprob === null ? Number.NaN : -logprob / Math.LN2 + 0);
  });
});

test("without numbers behind it a picture says why", async () => {
  const dense = await loadModel(new URL("../fixtures/hf-random/llama3", import.meta.url).pathname, {
    backend: "cpu",
  });
  try {
    const picture = routing(await dense.run([3, 1, 4]));
    assert.deepEqual(await picture.tableNames(), []);
    await assert.rejects(
      picture.toCsv(),
      /expected numbers behind the picture, got none: .*dense model/,
    );
    assert.match(await picture.toSvg(), /dense model/);
  } finally {
    dense.dispose();
  }
});
