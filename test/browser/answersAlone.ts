import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import type { Run } from "../../engine/index.node.ts";
import { METRIC_LABELS, METRICS } from "../../widgets/attention/data.ts";
import { exactF32 } from "../../widgets/render/formatNumber.ts";
import { until, untilEqual } from "../fixtures/until.ts";

interface OpenHead {
  readonly layer: number;
  readonly head: number;
}

/**
 * What a reader asks of a run's pictures where no kernel is, with a pointer and with keys. Every number that they show has to be
 * the engine's, and none may refuse.
 */
export class AnswersAlone {
  readonly #page: Page;
  readonly #run: Run;

  /** @param run the same tokens on the same backend as the pictures' */
  constructor(page: Page, run: Run) {
    this.#page = page;
    this.#run = run;
  }

  picture(title: string): Locator {
    return this.#page.locator(`section.vt[aria-label^="${title}."]`);
  }

  /** Heads in the order of a metric, with its numbers. The picture has to be as it was opened. */
  async headsAreSorted(): Promise<void> {
    const own = this.picture("Attention");
    await own.getByLabel("Heads by").selectOption("previous");
    await own.locator(".vt-overview canvas").focus();
    const wanted = (await this.#heads()).slice(0, 2);
    const { nLayers, nHeads } = this.#run.record.model;
    const said = own.locator(".vt-live");
    await until(`heads in the order ${wanted.join("; ")}`, async () => {
      for (let row = 0; row < nLayers * nHeads; row++) await this.#press("ArrowUp");
      for (let column = 0; column < nLayers * nHeads; column++) await this.#press("ArrowLeft");
      await this.#press("ArrowRight");
      const second = await said.textContent();
      await this.#press("ArrowLeft");
      return second === wanted[1] && (await said.textContent()) === wanted[0];
    });
    await this.#stays("Attention");
  }

  /** A head opens; a cell that is pointed at, and one that is gone to, have the engine's weights; so has the next head. */
  async headOpens(): Promise<void> {
    const own = this.picture("Attention");
    await own.getByLabel("Heads by").selectOption("layer");
    await own.locator(".vt-overview canvas").focus();
    await this.#press("ArrowDown", "ArrowRight", "Enter");
    const first = await this.#openHead(own);
    await this.#pointAtCell(own, first, 5, 2);
    await own.locator(".vt-map canvas").focus();
    await this.#press("]");
    const second = await this.#openHead(own, first);
    await this.#pointAtCell(own, second, 4, 3);
    await this.#press("PageDown");
    await this.#pointAtCell(own, await this.#openHead(own, second), 6, 0);
    await own.locator(".vt-readout-table tr").first().waitFor();
    await this.#page.mouse.move(0, 0);
    await this.#stays("Attention");
  }

  /** A token that is pointed at in the text is lit in the routes, with the scores of its experts, and has its alternatives. */
  async tokenLights(): Promise<void> {
    const tokens = this.picture("Tokens");
    const routing = this.picture("Routing");
    const token = tokens.locator('.vt-text [data-token="3"]');
    await token.hover();
    await tokens.locator(".vt-alternatives tbody tr").first().waitFor();
    const heading = routing.locator(".vt-route h4").first();
    await has(heading, "(3)");
    const layer = Number((await heading.textContent())?.split("layer ")[1]);
    const { biasedScores, weights, nExperts, nExpertsPerToken, nTokens, indices } =
      await this.#run.routing({ biasedScores: true });
    const row = this.#run.record.model.moeLayers.indexOf(layer) * nTokens + 3;
    const expert = indices[row * nExpertsPerToken] ?? 0;
    const cells = routing.locator(".vt-route-table tbody tr").first().locator("td");
    const wanted = [
      String(expert),
      exactF32(weights[row * nExpertsPerToken] ?? Number.NaN),
      exactF32(biasedScores?.[row * nExperts + expert] ?? Number.NaN),
    ];
    // a page that moves under the pointer takes the light away: then it points again
    await untilEqual(async () => {
      await token.hover();
      return (await cells.allTextContents()).slice(0, wanted.length);
    }, wanted);
    await this.#page.mouse.move(0, 0);
    for (const title of ["Tokens", "Routing"]) await this.#stays(title);
  }

  /** Another layer of the cache, with a number of it. */
  async layersChange(): Promise<void> {
    const own = this.picture("Latent cache");
    const readout = own.locator(".vt-latent-readout");
    await own.locator("canvas").first().focus();
    await this.#press("PageDown", "ArrowDown", "ArrowRight");
    await has(readout, "blocks.1.attn.hook_kv_latent");
    await this.#press("PageDown");
    await has(readout, "blocks.2.attn.hook_kv_latent");
    const { data } = await this.#run.get("blocks.2.attn.hook_kv_latent");
    const columns = data.length / this.#run.tokens.length;
    const token = Number(/\((\d+)\)/.exec((await readout.textContent()) ?? "")?.[1]);
    const term = (await readout.locator("dt").first().textContent()) ?? "";
    const number = data[token * columns + Number(term.slice("column ".length))];
    await has(readout.locator("dd").first(), exactF32(number ?? Number.NaN));
    await this.#stays("Latent cache");
  }

  async all(): Promise<void> {
    await this.headsAreSorted();
    await this.headOpens();
    await this.tokenLights();
    await this.layersChange();
  }

  async #press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.#page.keyboard.press(key);
  }

  /** What the picture says of each head, by its metric. */
  async #heads(): Promise<string[]> {
    const at = METRICS.indexOf("previous");
    const heads: { readonly name: string; readonly value: number }[] = [];
    for (let layer = 0; layer < this.#run.record.model.nLayers; layer++) {
      const { means } = await this.#run.headMetrics({ layer });
      for (let head = 0; head * METRICS.length < means.length; head++)
        heads.push({
          name: `Layer ${layer}, head ${head}`,
          value: means[head * METRICS.length + at] ?? Number.NaN,
        });
    }
    return heads
      .sort((a, b) => b.value - a.value)
      .map(({ name, value }) => `${name}, ${METRIC_LABELS.previous} ${value.toFixed(3)}`);
  }

  /** Waits until a head is open, and another one than before. */
  async #openHead(own: Locator, before?: OpenHead): Promise<OpenHead> {
    let open: OpenHead | undefined;
    await until("another head to be open", async () => {
      const heading = (await own.locator(".vt-detail-head strong").textContent()) ?? "";
      const [layer, head] = [...heading.matchAll(/\d+/g)].map(Number);
      if (layer === undefined || head === undefined) return false;
      open = { layer, head };
      return layer !== before?.layer || head !== before?.head;
    });
    return open ?? assert.fail("no head");
  }

  /** Points at a cell of the open map, whose place its labels tell, and reads the weight that is said there. */
  async #pointAtCell(own: Locator, head: OpenHead, query: number, key: number): Promise<void> {
    const map = own.locator(".vt-map");
    await map.locator("canvas").scrollIntoViewIfNeeded();
    const labels = map.locator(".vt-map-overlay text"); // of each token a query's, then a key's
    const box = (await map.locator(".vt-map-overlay").boundingBox()) ?? assert.fail("no map");
    const x = Number(await labels.nth(2 * key + 1).getAttribute("x"));
    const y = Number(await labels.nth(2 * query).getAttribute("y"));
    await this.#page.mouse.move(box.x + x - 1, box.y + y - 1);
    await this.#page.mouse.move(box.x + x, box.y + y);
    const { weights, columns } = await this.#run.attentionTile(head);
    await has(
      map.locator(".vt-tip strong"),
      exactF32(weights[query * columns + key] ?? Number.NaN),
    );
  }

  /** Nothing was refused. */
  async #stays(title: string): Promise<void> {
    assert.deepEqual(await this.picture(title).locator(".vt-warning").allTextContents(), []);
  }
}

/** Waits until an element has a text. */
const has = (where: Locator, text: string): Promise<void> =>
  where.filter({ hasText: text }).first().waitFor();
