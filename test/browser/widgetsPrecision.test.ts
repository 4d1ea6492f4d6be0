import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Browser } from "playwright-core";
import { loadModel, type Model, type Run } from "../../engine/index.node.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import { precision, tokens } from "../../widgets/index.ts";
import { errorText, summaryText } from "../../widgets/precision/data.ts";
import { measurePrecision } from "../../widgets/precision/measurePrecision.ts";
import { shortNumber } from "../../widgets/render/formatNumber.ts";
import { writeFp8Checkpoint } from "../fixtures/fp8Checkpoint.ts";
import { untilEqual } from "../fixtures/until.ts";
import { hands } from "./hands.ts";
import { WidgetPage } from "./widgetPage.ts";

const PROMPT = "The keys to the cabinet are on the table.";

let browser: Browser;
let folder: string;
const models: Model[] = [];

before(async () => {
  browser = await WidgetPage.launch();
  folder = await mkdtemp(join(tmpdir(), "vitrine-fp8-"));
  await writeFp8Checkpoint(inRepository("models/tiny"), folder);
});
after(async () => {
  await browser?.close();
  for (const model of models) model.dispose();
  await rm(folder, { recursive: true, force: true });
});

async function ran(checkpoint: string, input: string | readonly number[]): Promise<Run> {
  const model = await loadModel(checkpoint, { backend: "cpu" });
  models.push(model);
  return model.run(input as number[]);
}

const IDS = Array.from({ length: 12 }, (_, i) => (7 * i + 3) % 90);
const gguf = (name: string): Promise<Run> =>
  ran(inRepository(`test/fixtures/gguf/${name}.gguf`), IDS);

/** The error written down once more, with the operators of arrays. */
function plainError(x: readonly number[], y: readonly number[]) {
  const squares = (all: readonly number[]): number => all.reduce((sum, one) => sum + one ** 2, 0);
  const differences = x.map((one, i) => one - (y[i] ?? 0));
  return {
    relative: Math.sqrt(squares(differences) / squares(y)),
    largest: differences.reduce((most, one) => Math.max(most, Math.abs(one)), 0),
  };
}

describe("errors are those of the engine's own tensors", () => {
  const pairs: Readonly<Record<string, () => Promise<readonly [Run, Run]>>> = {
    "FP8 beside bf16": async () => [await ran(folder, PROMPT), await ran("tiny", PROMPT)],
    "MXFP4 beside bf16": async () => [await gguf("llama_mxfp4"), await gguf("llama_bf16")],
    "Q4_0 beside bf16": async () => [await gguf("llama_q4_0"), await gguf("llama_bf16")],
  };
  for (const [name, pair] of Object.entries(pairs))
    test(name, async () => {
      const [run, reference] = await pair();
      const record = await measurePrecision(run, reference, null);
      let compared = 0;
      for (const { name: local, layers, errors } of record.rows)
        for (const [i, layer] of (layers ?? [null]).entries()) {
          const site = layer === null ? local : `blocks.${layer}.${local}`;
          const both = await Promise.all([run.get(site), reference.get(site)]);
          const [x, y] = both.map(({ data }) => [...data]);
          const { relative, largest } = plainError(x ?? [], y ?? []);
          assert.ok(Math.abs((errors[i]?.relative ?? 0) - relative) <= 1e-12 * relative, site);
          assert.equal(errors[i]?.largest, largest, site);
          compared += 1;
        }
      assert.ok(compared > 2 * record.nLayers, `${compared} sites`);
      const logits = await Promise.all([run.get("hook_logits"), reference.get("hook_logits")]);
      const [tops, referenceTops] = logits.map(({ shape, data }) => {
        const width = shape[1] ?? 0;
        return record.tokens.map((_, t) => {
          const row = [...data.slice(t * width, (t + 1) * width)];
          return row.indexOf(Math.max(...row));
        });
      });
      assert.deepEqual(
        record.tokens.map(({ isMoved }) => isMoved),
        tops?.map((top, t) => top !== referenceTops?.[t]),
      );
      const post = record.rows.find(({ name: local }) => local === "hook_resid_post");
      assert.ok((post?.errors.at(-1)?.relative ?? 0) > 0.001, "what is rounded differs");
    });
});

test("the page has the kernel's numbers, and pins a token in the pictures of both runs", async () => {
  const run = await ran(folder, PROMPT);
  const reference = await ran("tiny", PROMPT);
  const record = await measurePrecision(run, reference, null);
  await WidgetPage.during(browser, async (page) => {
    const { at, has, hasCount, press, button } = hands(() => page.page);
    await page.show(await precision(run, reference));
    await has(".vt-precision-summary", summaryText(record));
    const row = record.rows.findIndex(({ name }) => name === "hook_mlp_out");
    await at(".vt-grid canvas").first().focus();
    await press("Home", ...Array.from({ length: row }, () => "ArrowDown"), "ArrowRight");
    const error = record.rows[row]?.errors[1];
    await has(".vt-precision-readout h4", "blocks.1.hook_mlp_out");
    await has(".vt-precision-readout dl", shortNumber(error?.relative ?? Number.NaN));
    await has(".vt-precision-readout dl", shortNumber(error?.largest ?? Number.NaN));
    await button("Table").click();
    await has(".vt-table caption", `Errors of ${record.name} beside ${record.referenceName}`);
    const cells = at(".vt-table tbody tr").first().locator("td");
    const relative = record.rows[0]?.errors[0]?.relative;
    await untilEqual(async () => (await cells.allTextContents())[1], String(relative));
    const moved = record.tokens.filter(({ isMoved }) => isMoved).length;
    await hasCount(".vt-moved", moved);
    await page.show(tokens(reference));
    await at(".vt-precision .vt-t").nth(3).click();
    await has(".vt-token-readout", /\(3\)|3/);
    await has(".vt-precision-readout p", errorText(record.tokens[3]?.klBits ?? 0));
    await at(".vt-tokens .vt-t").nth(3).and(at(".vt-pinned")).waitFor();
    await hasCount(".vt-tokens .vt-t.vt-pinned", 1);
  });
});

test("a cell's colour is its error's", async () => {
  const [run, reference] = [await gguf("llama_q4_0"), await gguf("llama_bf16")];
  const record = await measurePrecision(run, reference, ["hook_resid_post"]);
  const [first = 0, last = 0] = record.rows[0]?.errors.map(({ relative }) => relative) ?? [];
  await WidgetPage.during(browser, async (page) => {
    const { at, has } = hands(() => page.page);
    await page.show(await precision(run, reference, { sites: ["hook_resid_post"] }));
    await at("input[value=linear]").click();
    await has(".vt-scale-line", `full colour is ${errorText(Math.max(first, last))}`);
    await page.settled();
    const strength = (column: number): Promise<number> =>
      at(".vt-grid canvas")
        .first()
        .evaluate(
          (canvas, x) => {
            const context = (canvas as HTMLCanvasElement).getContext("2d");
            const [red = 0] = context?.getImageData(x, 26, 1, 1).data ?? [];
            return 255 - red; // blue on white: the stronger, the less red
          },
          10 + 6.7 * "hook_resid_post".length + 34 * column + 16,
        );
    const [weak, strong] = first < last ? [0, 1] : [1, 0];
    assert.ok((await strength(weak)) < (await strength(strong)), "the larger error is darker");
    assert.equal(await strength(strong), 255 - 8, "the largest has the full colour");
  });
});

test("what cannot be compared is refused", async () => {
  const run = await ran("tiny", PROMPT);
  const other = await ran("tiny", "The key");
  await assert.rejects(
    precision(run, other),
    /expected two runs of the same tokens, got .* beside/,
  );
  const llama = await gguf("llama_bf16");
  const same = { ...llama, id: "x", record: { ...llama.record, tokens: run.record.tokens } };
  await assert.rejects(precision(run, same as never), /got nLayers 6 beside 2/);
  await assert.rejects(precision(run, run, { sites: ["hook_nothing"] }), /got "hook_nothing"/);
  await assert.rejects(precision(run, run, { layer: 1 } as never), { code: "ERR_OPTION" });
});
