/**
 * `npm run bench:attention`: attention maps of 32,768 tokens. How long a tile of each size takes on cpu, in one layer of the shape
 * of the 24-layer model of the benches (14 heads, 2 of keys, 64 wide) with random numbers; what a view brings to the page, how
 * many frames a second there are while the map is dragged, and how soon 61 x 128 heads stand there, in Chromium.
 */
import { Command, Option } from "commander";
import type { AttentionTile, TilePool } from "../engine/backend/operators.ts";
import { createCpuBackend } from "../engine/index.node.ts";
import { WidgetPage } from "../test/browser/widgetPage.ts";
import { attention } from "../widgets/attention/widget.ts";
import { timeOf, timeText } from "./measure/pageTime.ts";
import { syntheticRun } from "./synthetic/attentionRun.ts";

const N_TOKENS = 32_768;
const SHAPE = { nHeads: 14, nKvHeads: 2, dKey: 64 } as const;
const ROUNDS = 7;
const DRAG_SECONDS = 5;

const command = new Command("attention")
  .description("Times of attention maps of 32,768 tokens")
  .addOption(new Option("--only <part>", "one part alone").choices(["tiles", "page"]))
  .parse();
const { only } = command.opts<{ only?: "tiles" | "page" }>();
if (only !== "page") await benchTiles();
if (only !== "tiles") await benchPage();
process.exit(0);

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(2)} MB`;
}

async function benchTiles(): Promise<void> {
  const backend = await createCpuBackend();
  const { nHeads, nKvHeads, dKey } = SHAPE;
  const random = (shape: readonly number[], scale: number) => {
    const tensor = backend.alloc(shape, "f32", "random");
    const size = shape.reduce((a, b) => a * b, 1);
    let seed = size | 1;
    const numbers = Float32Array.from({ length: size }, () => {
      seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
      return (seed / 2 ** 31) * scale;
    });
    backend.write(tensor, 0, numbers);
    return tensor;
  };
  const q = random([N_TOKENS, nHeads, dKey], 1);
  const k = random([N_TOKENS, nKvHeads, dKey], 1);
  const lse = random([N_TOKENS, nHeads], 1);
  const out = backend.alloc([2 ** 18], "f32", "tile");
  const time = async (what: string, place: Partial<AttentionTile>, pool: TilePool | null) => {
    const milliseconds: number[] = [];
    const cpuMs: number[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const [begin, used] = [performance.now(), process.cpuUsage()];
      backend.execute(
        [
          {
            ...{ kind: "attentionTile", mode: "pattern", pool, scale: dKey ** -0.5, window: null },
            ...{ ...SHAPE, headStart: 3, headCount: 1, queryStart: 0, queryCount: N_TOKENS },
            ...{ keyStart: 0, keyCount: N_TOKENS, q, k, lse, selection: null },
            ...{ temperatures: null, mask: null, out, ...place },
          },
        ],
        { nTokens: N_TOKENS, start: 0 },
      );
      await backend.read(out, 0, 1);
      const { user, system } = process.cpuUsage(used);
      if (round === 0) continue;
      milliseconds.push(performance.now() - begin);
      cpuMs.push((user + system) / 1000);
    }
    milliseconds.sort((a, b) => a - b);
    const [least, middle] = [milliseconds[0] ?? 0, milliseconds[ROUNDS >> 1] ?? 0];
    process.stdout.write(
      `${what.padEnd(60)} ${middle.toFixed(1)} ms (${least.toFixed(1)} at best), ${Math.min(...cpuMs).toFixed(1)} ms of the processor, all threads\n`,
    );
  };
  const square = (start: number, count: number) => ({
    ...{ queryStart: N_TOKENS - count, queryCount: count, keyStart: start, keyCount: count },
  });
  await time("exact tile, 64 x 64", square(100, 64), null);
  for (const pool of [8, 16, 32, 69] as const) {
    const count = Math.min(64, Math.floor(1536 / pool)) * pool;
    await time(`max of ${pool} x ${pool}, a tile of ${count} tokens`, square(100, count), {
      ...{ size: pool, kind: "max" },
    });
  }
  await time(
    "sample of the whole map, one query in 342",
    {},
    { size: 342, kind: "max", step: 342 },
  );
  await time("a row", { queryStart: N_TOKENS - 1, queryCount: 1 }, null);
  await time("a column", { keyStart: 5, keyCount: 1 }, null);
  backend.dispose();
}

async function benchPage(): Promise<void> {
  // A formula answers what a picture keeps more slowly than a device does, in turn with what the page asks.
  process.env.VITRINE_KEPT_BYTES = "0";
  const browser = await WidgetPage.launch();
  const page = await WidgetPage.open(browser, { width: 1280, height: 900 });
  const say = (what: string, figure: string) =>
    process.stdout.write(`${what.padEnd(60)} ${figure}\n`);
  const heads = await timeOf(page.page, async () => {
    const run = syntheticRun({ nTokens: N_TOKENS, nLayers: 61, nHeads: 128 });
    const { selector } = await page.show(attention(run));
    await page.page
      .locator(`${selector} .vt-progress`, { hasText: "Heads are measured" })
      .waitFor();
    await page.framesDrawn();
  });
  say("61 x 128 heads drawn", timeText(heads));
  await page.closeViews();

  const run = syntheticRun({ nTokens: N_TOKENS, nLayers: 1, nHeads: 1 });
  const { selector } = await page.show(attention(run));
  await page.page.locator(`${selector} .vt-overview canvas`).focus();
  await page.page.keyboard.press("Enter");
  await page.page
    .locator(`${selector} .vt-detail .vt-progress`, { hasText: "Shown is" })
    .waitFor({ timeout: 600_000 });
  for (const key of ["ArrowUp", "+", "+"]) await page.page.keyboard.press(key);
  await page.settled();
  const before = page.bufferBytes;
  let frames = 0;
  const dragged = await timeOf(page.page, async () => {
    frames = await framesOfDrag(page, `${selector} .vt-map canvas`);
    await page.settled();
  });
  say("frames a second while the map is dragged", (frames / DRAG_SECONDS).toFixed(1));
  say("  the page's thread for each of them", `${(dragged.pageMs / frames).toFixed(1)} ms`);
  say("  bytes that the drag brought to the page", megabytes(page.bufferBytes - before));
  say("largest message to the page", megabytes(page.largestBufferBytes));
  await browser.close();
}

/** Drags a canvas to and fro for a while, a move in each frame. @returns how many frames there were */
async function framesOfDrag(page: WidgetPage, canvas: string): Promise<number> {
  const box = await page.page.locator(canvas).boundingBox();
  if (!box) throw new Error("bench: expected a map on the page, got none.");
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.page.mouse.move(x, y);
  await page.page.mouse.down();
  const frames = await page.page.evaluate(
    async ([css, left, top, seconds]) => {
      const target = document.querySelector(css);
      const begun = performance.now();
      let n = 0;
      while (performance.now() - begun < 1000 * seconds) {
        const step = n % 400 < 200 ? n % 200 : 200 - (n % 200); // there and back
        const place = { clientX: left + step, clientY: top + step };
        target?.dispatchEvent(new PointerEvent("pointermove", { ...place, bubbles: true }));
        await new Promise(requestAnimationFrame);
        n += 1;
      }
      return n;
    },
    [canvas, x, y, DRAG_SECONDS] as const,
  );
  await page.page.mouse.up();
  return frames;
}
