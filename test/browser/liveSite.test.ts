import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { copyFile, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Browser, chromium } from "playwright-core";
import { loadModel, type Model, type Run } from "../../engine/index.node.ts";
import { writeLive } from "../../scripts/site/writeLive.ts";
import { findChromium } from "../../scripts/test/findChromium.ts";
import { PICTURES } from "../../site/pictures.ts";
import { blocksOf } from "../fixtures/documentation/pages.ts";
import { HANG_MS, until, untilEqual } from "../fixtures/until.ts";
import { axeViolations } from "./axe.ts";
import { CHROMIUM_FLAGS } from "./chromiumFlags.ts";
import { LivePage } from "./livePage.ts";
import { type StaticHost, staticHost } from "./staticHost.ts";

const MOST_BYTES = 20e6;
const QUESTION = "347+285=?";
const ALL = PICTURES.map(({ name }) => name).join(",");
const conversation = [{ role: "user", content: QUESTION }];

let folder: string;
let host: StaticHost;
let model: Model;
let run: Run;
const browsers: Browser[] = [];

/** @param flags beside those of all tests */
async function launch(...flags: string[]): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === null) throw new Error("Chromium is missing: run npm test once.");
  const args = [...CHROMIUM_FLAGS, ...flags];
  const browser = await chromium.launch({ executablePath, args, timeout: HANG_MS });
  browsers.push(browser);
  return browser;
}

const linkTo = (said: Readonly<Record<string, string>>, at = host.address): string =>
  `${at}live/#${new URLSearchParams(said)}`;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "vitrine-live-"));
  await writeLive(folder);
  host = await staticHost(folder);
  model = await loadModel("tiny-fp8", { backend: "cpu", threads: 1 });
  run = await model.run(conversation);
});
after(async () => {
  for (const browser of browsers) await browser.close();
  host?.close();
  model?.dispose();
  if (folder) await rm(folder, { recursive: true, force: true });
});

async function bytesIn(path: string): Promise<number> {
  const names = await readdir(path, { recursive: true });
  const sizes = await Promise.all(
    names.map(async (name) => {
      const found = await stat(join(path, name));
      return found.isFile() ? found.size : 0;
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** What a run in the page has of attention and probabilities, beside the same run here. */
async function compare(live: LivePage, tolerance: number): Promise<void> {
  const place = { layer: 4, head: 2 };
  const n = run.tokens.length;
  const window = { queryStart: 0, queryCount: n, keyStart: 0, keyCount: n, pool: 1 };
  const tile = await live.ask("attention", { kind: "tile", ...place, ...window }, 4);
  const here = await run.attentionTile({ ...place, ...window });
  near(tile, [...here.weights], tolerance);
  assert.ok(tile.some((weight) => weight > 0.1 && weight < 0.9));
  const [entropyBits = 0, , ...logprobs] = await live.ask(
    "tokens",
    { kind: "alternatives", token: n - 1 },
    8,
  );
  near(logprobs, await likeliest(logprobs.length), Math.max(tolerance, 1e-9));
  assert.ok(entropyBits > 0);
}

/** Log probabilities of so many likeliest tokens at the place of the last one, from the logits before it. */
async function likeliest(count: number): Promise<number[]> {
  const again = await model.run(conversation, { logits: [run.tokens.length - 2] });
  const logits = [...again.logits.data].sort((a, b) => b - a);
  again.dispose();
  const [most = 0] = logits;
  const sum = Math.log(logits.reduce((all, logit) => all + Math.exp(logit - most), 0));
  return logits.slice(0, count).map((logit) => logit - most - sum);
}

function near(got: readonly number[], wanted: readonly number[], tolerance: number): void {
  assert.equal(got.length, wanted.length);
  const worst = Math.max(...got.map((value, i) => Math.abs(value - (wanted[i] ?? Number.NaN))));
  assert.ok(worst <= tolerance, `expected numbers within ${tolerance}, got ${worst} apart`);
}

describe("the live page on a static host", () => {
  let browser: Browser;
  before(async () => {
    browser = await launch();
  });

  test("has at most 20 MB, and draws its first picture by itself", async (t) => {
    const sizeBytes = await bytesIn(join(folder, "live"));
    assert.ok(sizeBytes <= MOST_BYTES, `${sizeBytes} bytes`);
    const live = await LivePage.open(browser, `${host.address}live/`);
    await live.drawn();
    const ms = await live.page.evaluate(
      () => performance.getEntriesByName("vitrine:tokens")[0]?.startTime ?? Number.NaN,
    );
    assert.ok(ms > 0);
    t.diagnostic(`${(sizeBytes / 1e6).toFixed(1)} MB, first picture after ${Math.round(ms)} ms`);
    assert.equal(await live.page.locator("#unstarted").count(), 0);
    await live.close(host.address);
  });

  test("computes on one thread of WebAssembly what the engine computes in Node, bit for bit", async () => {
    const live = await LivePage.open(
      browser,
      linkTo({ text: QUESTION, as: "chat", backend: "wasm" }),
    );
    await live.drawn(run.tokens.length);
    const said = await live.page.locator("#device").textContent();
    assert.match(said ?? "", /threads: 1 \(the page is not cross-origin isolated\); as chosen/);
    await compare(live, 0);
    await live.close(host.address);
  });

  test("says of the model what the model is", () => {
    const { nLayers, nHeads, nExperts, nExpertsPerToken } = model.record;
    const sentences = PICTURES.map(({ about }) => about).join(" ");
    assert.match(sentences, new RegExp(`each of the ${nLayers * nHeads} heads`));
    assert.match(sentences, new RegExp(`Which ${nExpertsPerToken} of ${nExperts} experts`));
    const html = readFileSync(join(folder, "live/index.html"), "utf8").replace(/\s+/g, " ");
    const { totalParameters, draftParameters, contextLength } = model.record;
    const millions = ((totalParameters + draftParameters) / 1e6).toFixed(1);
    for (const sentence of [
      `${millions} million parameters, ${nLayers} layers, ${nExperts} experts of which each token uses ${nExpertsPerToken},`,
      `The model takes ${contextLength} tokens.`,
      `sampling with temperature ${model.generationDefaults.temperature} and`,
    ])
      assert.ok(html.includes(sentence), sentence);
  });

  test("draws every picture of a text that is typed, and its link keeps the text", async () => {
    const live = await LivePage.open(browser, linkTo({ show: ALL, backend: "wasm" }));
    const { page } = live;
    await live.drawn();
    await page.getByLabel("plain text to go on with").check();
    await page.locator("#text").fill("And God said unto him");
    await page.locator("#text").press("Control+Enter");
    const n = model.tokenizer.encode("And God said unto him").length;
    await live.drawn(n);
    const sections = await page
      .locator("#board section.vt")
      .evaluateAll((all) => all.map((each) => each.getAttribute("data-vt-picture")));
    assert.deepEqual(
      sections,
      PICTURES.map(({ name }) => name),
    );
    const link = page.url();
    assert.match(link, /text=And\+God\+said\+unto\+him&as=text/);
    await live.close(host.address);
    const again = await LivePage.open(browser, link);
    await again.drawn(n);
    assert.equal(await again.page.locator("#text").inputValue(), "And God said unto him");
    await again.close(host.address);
  });

  test("steps through the pass, and saves numbers", async () => {
    const live = await LivePage.open(
      browser,
      linkTo({ text: QUESTION, as: "chat", show: "stepper,cost", backend: "wasm" }),
    );
    const { page } = live;
    await live.drawn();
    const stepper = page.locator("[data-picture=stepper]");
    await stepper.getByText("Nothing has been executed yet").waitFor();
    await stepper.getByRole("button", { name: "next operator", exact: true }).click();
    await stepper.getByText("Nothing has been executed yet").waitFor({ state: "detached" });
    const cost = page.locator("[data-picture=cost]");
    await cost.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByRole("menuitem", { name: "HTML page" }).click();
    await cost
      .getByText(/cost\.html: expected Node/)
      .first()
      .waitFor();
    await live.close(host.address);
  });

  test("shares what is picked between pictures of one run", async () => {
    const live = await LivePage.open(
      browser,
      linkTo({ text: QUESTION, as: "chat", show: "tokens,routing", backend: "wasm" }),
    );
    const { page } = live;
    await live.drawn();
    const routing = page.locator("[data-picture=routing]");
    const before = await routing.textContent();
    const tokens = page.locator("[data-picture=tokens]");
    const height = (): Promise<number> =>
      tokens.evaluate((section) => section.getBoundingClientRect().height);
    const unused = await height();
    assert.ok(unused < 450, `a picture of one line of text is ${unused} high`);
    await page.locator("[data-picture=tokens] section.vt [tabindex='0']").first().focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    await page.waitForFunction(
      (was) => document.querySelector("[data-picture=routing]")?.textContent !== was,
      before,
    );
    await tokens.locator(".vt-alternatives tbody tr").first().waitFor(); // they are asked for
    await until("a picture with a token's numbers", async () => (await height()) > 490);
    const used = await height();
    await page.keyboard.press("Escape");
    await tokens.getByText("Point at a token").waitFor();
    await untilEqual(height, used, "what is below stays where it is");
    await live.close(host.address);
  });

  test("generates what the engine generates in Node, and stops where it is told to", async () => {
    const live = await LivePage.open(
      browser,
      linkTo({ text: QUESTION, as: "chat", show: "tokens", backend: "wasm" }),
    );
    const { page } = live;
    await live.drawn();
    await page.locator("#generate").click();
    await live.status(/^Generated \d+ tokens .* the model ended it/);
    const chat = model.chat(conversation, { temperature: 0, maxTokens: 96 });
    for await (const _ of chat);
    const { reasoning, content } = chat.message;
    assert.equal(await page.locator("#reply .reasoning").textContent(), reasoning);
    assert.equal(await page.locator("#reply .content").textContent(), content);
    assert.equal(content, "632");
    await live.drawn(chat.run.tokens.length);
    await page.getByLabel("plain text to go on with").check();
    await page.locator("#text").fill("And God said");
    await page.locator("#max-tokens").fill("480");
    // By the page itself: on a fast machine the model is through before a pointer comes there.
    await page.evaluate(() => {
      const reply = document.querySelector("#reply") as HTMLElement;
      new MutationObserver((_, watch) => {
        if (!reply.querySelector(".content")?.textContent) return;
        watch.disconnect();
        document.querySelector<HTMLElement>("#stop")?.click();
      }).observe(reply, { childList: true, subtree: true, characterData: true });
    });
    await page.locator("#generate").click();
    await live.status(/it was stopped/);
    await live.drawn();
    await live.close(host.address);
  });

  test("says by name what is wrong with a text and with the host", async () => {
    const live = await LivePage.open(browser, linkTo({ text: "", as: "text", backend: "wasm" }));
    const failure = live.page.locator("#failure");
    await live.status(/^Ran 1 token in/); // the mark at the beginning
    await live.page.locator("#text").fill("deck ".repeat(600));
    await live.page.locator("#text").press("Control+Enter");
    await failure.filter({ hasText: /expected at most 512 tokens/ }).waitFor();
    await live.status(/^Nothing was run/);
    await live.page.locator("#text").fill("deck ".repeat(500));
    await live.page.locator("#generate").click();
    await live.status(/its context of 512 tokens is full/);
    await live.close(host.address);
    const broken = await mkdtemp(join(tmpdir(), "vitrine-broken-"));
    await writeLive(broken);
    await rm(join(broken, "live/model/model.safetensors"));
    const other = await staticHost(broken);
    const torn = await LivePage.open(browser, linkTo({}, other.address));
    await torn.page
      .locator("#failure")
      .filter({ hasText: /^model\.safetensors: expected the file at .*, got status 404\./ })
      .waitFor();
    const weights = "live/model/model.safetensors";
    await copyFile(join(folder, weights), join(broken, weights));
    await torn.page.getByRole("button", { name: "Try again" }).click();
    await torn.drawn();
    await torn.page.context().close();
    other.close();
    await rm(broken, { recursive: true, force: true });
  });

  for (const colorScheme of ["light", "dark"] as const)
    test(`axe finds nothing in the ${colorScheme}, and nothing is wider than a phone`, async () => {
      const live = await LivePage.open(
        browser,
        linkTo({ text: QUESTION, as: "chat", show: ALL, backend: "wasm" }),
        { colorScheme, viewport: { width: 390, height: 844 } },
      );
      const { page } = live;
      await live.drawn();
      await page.locator("#generate").click();
      await live.status(/^Generated/);
      await live.drawn();
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.equal(width, 390);
      assert.deepEqual(await axeViolations(page, "html"), []);
      await page.setViewportSize({ width: 1280, height: 900 });
      await page.evaluate(() => new Promise(requestAnimationFrame));
      assert.deepEqual(await axeViolations(page, "html"), []);
      await live.close(host.address);
    });

  test("changes its colours with the button, pictures and all", async () => {
    const live = await LivePage.open(browser, linkTo({ show: "tokens", backend: "wasm" }));
    const { page } = live;
    await live.drawn();
    const picture = page.locator("section.vt");
    assert.equal(await picture.getAttribute("data-vt-theme"), "light");
    await page.locator("#theme").click();
    await page.locator("#theme").click();
    await page.locator("section.vt[data-vt-theme=dark]").waitFor();
    await page.waitForURL(/theme=dark/);
    await live.close(host.address);
  });

  test("stands in a page of another origin by one script tag, as high as what it shows", async () => {
    const [block] = blocksOf("docs/live.md").filter(({ info }) => info === "html");
    assert.ok(block);
    const parts = block.code.replace("https://example.org/vitrine/", host.address);
    assert.notEqual(parts, block.code);
    const body = `<!doctype html><html lang="en"><title>other</title>\n${parts}`;
    const code = await readFile(join(folder, "live/embed.js"), "utf8");
    const inline = `<!doctype html><title>inline</title><script>${code}</script>`;
    const pages = { "/index.html": body, "/inline.html": inline };
    const other = await staticHost(folder, { pages });
    const page = await browser.newPage();
    page.setDefaultTimeout(HANG_MS);
    const refused = page.waitForEvent("pageerror");
    await page.goto(`${other.address}inline.html`);
    assert.match((await refused).message, /^vitrine-model: expected <script src=/);
    await page.goto(other.address);
    const frame = page.frameLocator("vitrine-model iframe");
    await frame.locator("section.vt[data-vt-picture=attention]").waitFor();
    assert.equal(await frame.locator("#text").inputValue(), QUESTION);
    assert.equal(await frame.locator("h1").isVisible(), false);
    await page.waitForFunction(() => {
      const around = document.querySelector("vitrine-model iframe") as HTMLIFrameElement;
      return around.getBoundingClientRect().height > 680;
    });
    await page.evaluate(() =>
      document.querySelector("vitrine-model")?.setAttribute("text", "Define river."),
    );
    await frame
      .getByText("Ran 7 tokens")
      .or(frame.getByText(/^Ran \d+ tokens/))
      .first()
      .waitFor();
    assert.deepEqual(await axeViolations(page, "vitrine-model"), []);
    await page.context().close();
    other.close();
  });

  test("as an element it follows its attributes, leaves the rest to the reader, and fetches once for all", async () => {
    const element = `<vitrine-model text="347+285=?" show="tokens" backend="wasm"></vitrine-model>`;
    const html = `<!doctype html><html lang="en"><title>two</title><script async src="${host.address}live/embed.js"></script>${element}${element}`;
    const other = await staticHost(folder, { pages: { "/two.html": html } });
    const page = await browser.newPage({ viewport: { width: 1000, height: 2000 } });
    page.setDefaultTimeout(HANG_MS);
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.goto(`${other.address}two.html`);
    const [first, second] = [0, 1].map((n) => page.frameLocator("iframe").nth(n));
    assert.ok(first && second);
    for (const frame of [first, second]) await frame.locator("section.vt").waitFor();
    assert.equal(asked.filter((url) => url.endsWith("model.safetensors")).length, 1);
    const steps = await page.evaluate(() => history.length);
    const change = (attributes: Readonly<Record<string, string>>): Promise<void> =>
      page.evaluate((all) => {
        const changed = document.querySelector("vitrine-model");
        for (const [name, value] of Object.entries(all)) changed?.setAttribute(name, value);
      }, attributes);
    await first.locator("#text").fill("the reader's own");
    await change({ title: "A sum", theme: "dark" });
    await first.locator("section.vt[data-vt-theme=dark]").waitFor();
    assert.equal(await page.locator("iframe").first().getAttribute("title"), "A sum");
    assert.equal(await first.locator("#text").inputValue(), "the reader's own");
    await change({ text: "Define river.", as: "text", show: "tokens,cost" });
    await first.locator("section.vt[data-vt-picture=cost]").waitFor();
    assert.equal(await first.locator("#text").inputValue(), "Define river.");
    assert.equal(await second.locator("#text").inputValue(), "347+285=?");
    assert.equal(await page.evaluate(() => history.length), steps);
    await page.context().close();
    other.close();
  });
});

describe("the live page's backends", () => {
  test("WebGPU computes what the engine computes in Node, and is chosen and left by the switch", async () => {
    const browser = await launch("--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader");
    const live = await LivePage.open(
      browser,
      linkTo({ text: QUESTION, as: "chat", backend: "webgpu" }),
    );
    const { page } = live;
    await live.drawn(run.tokens.length);
    assert.match((await page.locator("#device").textContent()) ?? "", /^WebGPU: .*swiftshader/i);
    const subtitle = await live.state("tokens");
    assert.match(String(subtitle.subtitle), /webgpu/);
    await compare(live, 1e-4);
    await page.locator("#backend").selectOption("auto");
    await page
      .locator("#device")
      .filter({ hasText: /renders in software, slower/ })
      .waitFor();
    await live.drawn(run.tokens.length);
    await until("tokens of the cpu", async () =>
      String((await live.state("tokens")).subtitle).includes("cpu"),
    );
    const weights = live.asked.filter((url) => url.endsWith("model.safetensors"));
    assert.equal(weights.length, 1);
    await live.close(host.address);
  });

  test("a device that is lost is told, and WebAssembly goes on with what was asked", async () => {
    const browser = await launch("--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader");
    const code = await readFile(join(folder, "live/worker.js"), "utf8");
    const holding = `const made = GPUAdapter.prototype.requestDevice;
      GPUAdapter.prototype.requestDevice = async function (...given) {
        return (globalThis.held = await made.apply(this, given));
      };\n`;
    const other = await staticHost(folder, { pages: { "/live/worker.js": holding + code } });
    const said = { text: QUESTION, as: "chat", show: "tokens", backend: "webgpu" };
    const live = await LivePage.open(browser, linkTo(said, other.address));
    const { page } = live;
    await live.drawn(run.tokens.length);
    await page.workers()[0]?.evaluate(async () => {
      const { held } = globalThis as unknown as { readonly held: GPUDevice };
      held.destroy();
      await held.lost;
    });
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page
      .locator("#failure")
      .filter({ hasText: /expected a working device, got a lost one/ })
      .waitFor();
    await live.status(/^The graphics device was lost/);
    assert.deepEqual(await axeViolations(page, "html"), []);
    await page.getByRole("button", { name: "Go on with WebAssembly" }).click();
    await page
      .locator("#device")
      .filter({ hasText: /^WebAssembly/ })
      .waitFor();
    await live.drawn(run.tokens.length);
    assert.equal(await page.locator("#failure").isVisible(), false);
    assert.equal(await page.getByRole("button", { name: "Try again" }).count(), 0);
    await live.close(other.address);
    other.close();
  });

  test("a browser without WebGPU computes on WebAssembly, and refuses WebGPU by name", async () => {
    const browser = await launch("--disable-features=WebGPU,WebGPUService", "--disable-gpu");
    const live = await LivePage.open(browser, linkTo({ text: QUESTION, as: "chat" }));
    const { page } = live;
    await live.drawn(run.tokens.length);
    await page
      .locator("#device")
      .filter({ hasText: /WebAssembly SIMD.*no WebGPU adapter/ })
      .waitFor();
    await page.locator("#backend").selectOption("webgpu");
    const refusal = page.locator("#failure").filter({ hasText: /expected a WebGPU adapter/ });
    await refusal.waitFor();
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await refusal.waitFor(); // asked again, refused again
    await page.locator("#backend").selectOption("wasm");
    await live.status(/^Ran/);
    await live.close(host.address);
  });
});
