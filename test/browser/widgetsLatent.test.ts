import assert from "node:assert/strict";
import { test } from "node:test";
import type { Locator } from "playwright-core";
import { loadModel, type Run } from "../../engine/index.node.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import { cacheRows, cacheText } from "../../widgets/cost/cache/data.ts";
import { latent } from "../../widgets/index.ts";
import { exactF32 } from "../../widgets/render/formatNumber.ts";
import { until, untilEqual } from "../fixtures/until.ts";
import { type Opened, tinyPages } from "./tinyPages.ts";

const { onPage, press, at, has } = tinyPages({
  run: (model) => model.run("The keys to the cabinet"),
});
/** Opens a page with the cache of a run; its messages must not be large. */
const onCache = (
  work: (opened: Opened) => Promise<void>,
  of: (opened: Opened) => Run | Promise<Run> = ({ run }) => run,
): Promise<void> =>
  onPage(async (opened) => {
    const { page } = opened;
    const run = await of(opened);
    await page.show(latent(run));
    await at(".vt-latent-overlay text").first().waitFor();
    await work({ ...opened, run });
    assert.ok(page.largestBufferBytes <= 2 ** 20, `${page.largestBufferBytes} bytes at once`);
  });
const focus = (): Promise<void> => at(".vt-latent-stage canvas").focus();
const choose = (label: string): Promise<void> =>
  at(".vt-place .vt-segments label").filter({ hasText: label }).click();
/** What the readout says of the chosen number. */
const reads = (column: number, number: number): Promise<void> =>
  has(".vt-latent-readout dl", new RegExp(`column ${column}${exactF32(number)}\\D`));

test("the latent, and keys and values of a head from it, are the engine's digit for digit", () =>
  onCache(async ({ run }) => {
    const site = (name: string): string => `blocks.2.attn.${name}`;
    await focus();
    await press("PageDown", "PageDown", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowRight");
    const stored = await run.get(site("hook_kv_latent"));
    await has(".vt-latent-readout h4", "·key (2)");
    await reads(1, stored.at(2, 1));
    await has(".vt-latent-readout", "measured: read from the cache");
    await choose("keys");
    const keys = await run.get(site("hook_rot_k"), { head: 1 });
    await focus();
    await press("]", "End");
    await reads(keys.shape[1] === undefined ? 0 : keys.shape[1] - 1, keys.at(2, -1));
    await has(".vt-latent-readout", "rotary key, the same for all heads");
    await has(".vt-latent-readout", "recomputed from the cached latent");
    await choose("values");
    const values = await run.get(site("hook_v"), { head: 1 });
    await focus();
    await press("Home");
    await reads(0, values.at(2, 0));
    await at(".vt-actions button").click();
    await has(".vt-table caption", "Layer 2, values of head 1, from the latent: columns 0 to 11");
    await has(".vt-table tbody td", exactF32(values.at(0, 3)));
    const row = at(".vt-table tbody tr").nth(4).locator("td");
    await untilEqual(
      async () => (await row.allTextContents()).slice(2),
      [...values.row(4).data].slice(0, 12).map(exactF32),
    );
  }));

test("a pixel has the colour of its number, and what is not in the cache yet has none", () =>
  onCache(async ({ page, run }) => {
    const data = (await run.get("blocks.0.attn.hook_kv_latent")).data;
    const pixel = async (row: number, column: number): Promise<number[]> => {
      const attribute = (label: Locator, name: string): Promise<number> =>
        label.first().getAttribute(name).then(Number);
      const labels = at(".vt-latent-overlay text.vt-label");
      const [x0, x10] = await Promise.all(
        [/^0$/, /^10$/].map((hasText) => attribute(labels.filter({ hasText }), "x")),
      );
      const x = (x0 ?? 0) + (column * ((x10 ?? 0) - (x0 ?? 0))) / 10;
      const y = (await attribute(labels.nth(row), "y")) + 3;
      return at(".vt-latent-stage canvas").evaluate(
        (canvas, place) => {
          const context = (canvas as HTMLCanvasElement).getContext("2d");
          return [...(context?.getImageData(place.x, place.y, 1, 1).data ?? [])];
        },
        { x, y },
      );
    };
    const largest = Math.max(...data.map(Math.abs));
    const width = data.length / run.tokens.length;
    await page.settled();
    for (const [row, column] of [
      [0, 2],
      [3, 31],
      [8, 55],
    ] as const) {
      const t = (data[row * width + column] ?? 0) / largest;
      const [from, to] = [[247, 247, 247], t < 0 ? [33, 102, 172] : [178, 24, 43]];
      const wanted = from.map((x, i) => x + ((to[i] ?? 0) - x) * Math.abs(t));
      const seen = await pixel(row, column);
      const isNear = wanted.every((x, i) => Math.abs(x - (seen[i] ?? 0)) <= 2);
      assert.ok(isNear, `${seen} at ${row}, ${column}, not ${wanted}`);
    }
    const before = await pixel(8, 55);
    await page.page.getByRole("slider").fill("4");
    const bytes = cacheText(cacheRows(run.cost()), 4);
    await has(".vt-growth-text", `4 of 9 tokens: ${bytes} (derived, all layers)`);
    await has(".vt-latent-readout h4", "s (3)");
    await until("the row to be empty", async () => String(await pixel(8, 55)) !== String(before));
    await page.page.getByRole("button", { name: "Play" }).click();
    await has(".vt-growth-text", "9 of 9 tokens");
    await until("the row to be back", async () => String(await pixel(8, 55)) === String(before));
  }));

test("keys and values of key heads are those in the cache, and rank changes no number", async () => {
  const other = await loadModel(inRepository("test/fixtures/hf-random/llama3"));
  const cached = await other.run([3, 1, 4, 1, 5]);
  try {
    await onCache(
      async () => {
        await has(".vt-header h3", "KV cache");
        await focus();
        await press("]", "ArrowDown", "ArrowDown");
        await reads(0, (await cached.get("blocks.0.attn.hook_rot_k", { head: 1 })).at(1, 0));
        await choose("values");
        const number = (await cached.get("blocks.0.attn.hook_v", { head: 1 })).at(1, 0);
        await reads(0, number);
        await at("input[value=rank]").click();
        await has(".vt-scale-key", "by rank of |x|");
        await reads(0, number);
        cached.dispose();
        await focus();
        await press("+"); // of parts of a matrix no answer is kept
        await has(".vt-note.vt-warning", "expected a live run");
      },
      () => cached,
    );
  } finally {
    other.dispose();
  }
});

test("a long cache is pooled by name, and zoomed in it shows the numbers themselves", () => {
  const ids = Array.from({ length: 400 }, (_, i) => (i * 37) % 500);
  return onCache(
    async ({ run: long }) => {
      await has(".vt-scale-key", "a cell is 2 tokens × 1 column: the number farthest from 0");
      await at("input[value=mean]").click();
      await has(".vt-scale-key", "their mean");
      await focus();
      await press("ArrowDown", "ArrowDown", "ArrowDown");
      const number = (await long.get("blocks.0.attn.hook_kv_latent")).at(2, 0);
      await reads(0, number);
      await press("+");
      await until(
        "the picture to be exact",
        async () => !(await at(".vt-scale-key").textContent())?.includes("a cell is"),
      );
      await reads(0, number);
    },
    ({ model }) => model.run(ids),
  );
});
