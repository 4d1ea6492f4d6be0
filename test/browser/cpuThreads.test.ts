import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { HANG_MS } from "../fixtures/until.ts";
import { WidgetPage } from "./widgetPage.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const ENTRY = `
export { createCpuBackend } from "./engine/backend/cpu/cpuBackend.ts";
export { openSplitBackend } from "./test/fixtures/splitAlways.ts";`;

const ISOLATION = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

/** In the page: what gelu makes of numbers, by as many threads, after workers did parts of it if there are any. */
const COMPUTE = `async (threads) => {
  const { openSplitBackend } = await import("/engine.js");
  globalThis.setImmediate ??= (done) => setTimeout(done);
  const backend = await openSplitBackend(threads);
  const values = Float32Array.from({ length: 64 * 1024 }, (_, i) => (i % 97) / 17 - 3);
  const [x, out] = [backend.alloc([64, 1024], "f32", "x"), backend.alloc([64, 1024], "f32", "out")];
  backend.write(x, 0, values);
  const before = backend.sharedParts;
  do {
    backend.execute([{ kind: "gelu", x, out }], { nTokens: 64, start: 0 });
    await new Promise((done) => setTimeout(done));
  } while (threads > 1 && backend.sharedParts === before);
  const bits = [...new Int32Array((await backend.read(out)).buffer)];
  const { features } = backend.info;
  backend.dispose();
  return { bits, features };
}`;

const CREATE = `async (options) => {
  const { createCpuBackend } = await import("/engine.js");
  try {
    return (await createCpuBackend(options)).info.features;
  } catch ({ code, message }) {
    return [code, message];
  }
}`;

describe("the cpu backend in a page", () => {
  let browser: Browser;
  let server: Server;
  let headers: Record<string, string> = {};
  before(async () => {
    const { outputFiles } = await build({
      absWorkingDir: root,
      stdin: { contents: ENTRY, resolveDir: root, loader: "ts" },
      bundle: true,
      write: false,
      format: "esm",
      target: "es2022",
    });
    const script = outputFiles[0]?.text ?? "";
    server = createServer(({ url }, response) => {
      const isScript = url === "/engine.js";
      const type = isScript ? "text/javascript" : "text/html";
      response.writeHead(200, { ...headers, "content-type": type });
      response.end(isScript ? script : "<!doctype html><title>engine</title>");
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    browser = await WidgetPage.launch();
  });
  after(async () => {
    await browser?.close();
    server?.close();
  });

  async function open(withHeaders: Record<string, string>): Promise<Page> {
    headers = withHeaders;
    const page = await browser.newPage();
    page.setDefaultTimeout(HANG_MS);
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    return page;
  }

  const call = <T>(page: Page, source: string, argument: unknown): Promise<T> =>
    page.evaluate(`(${source})(${JSON.stringify(argument)})`);

  test("has threads and the same bits where the page is cross-origin isolated", async () => {
    const page = await open(ISOLATION);
    const one = await call<{ bits: number[]; features: string[] }>(page, COMPUTE, 1);
    const two = await call<{ bits: number[]; features: string[] }>(page, COMPUTE, 2);
    assert.deepEqual(one.features, ["simd128", "threads: 1"]);
    assert.deepEqual(two.features, ["simd128", "threads: 2"]);
    assert.deepEqual(two.bits, one.bits);
    assert.ok(new Set(one.bits).size > 50);
    await page.close();
  });

  test("has one thread where it is not, says so, and refuses more by name", async () => {
    const page = await open({});
    const reason = "the page is not cross-origin isolated";
    assert.deepEqual(await call(page, CREATE, {}), ["simd128", `threads: 1 (${reason})`]);
    assert.deepEqual(await call(page, CREATE, { threads: 1 }), [
      "simd128",
      `threads: 1 (${reason})`,
    ]);
    assert.deepEqual(await call(page, CREATE, { threads: 2 }), [
      "ERR_THREADS",
      `threads: expected memory that threads can share, got none: ${reason}. Send the headers COOP and COEP with the page, or use threads: 1.`,
    ]);
    await page.close();
  });
});
