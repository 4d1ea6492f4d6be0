import assert from "node:assert/strict";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Kernel, KernelManager, KernelMessage } from "@jupyterlab/services";
import { kernelSpec } from "../../kernel/install/kernelspec.ts";
import { parseKernelSpec } from "../../kernel/server/kernels/kernelSpecs.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import fc from "../fixtures/fastCheck.ts";
import { nastyValue } from "../fixtures/kernel/nastyValue.ts";
import { startTestServer, type TestServer } from "../fixtures/server/testServer.ts";

/** What values, errors and bundles of a cell do to the kernel around it: one kernel runs all of these cells. */

let host: TestServer;
let manager: KernelManager;
let kernel: Kernel.IKernelConnection;

before(async () => {
  const spec = parseKernelSpec(JSON.stringify(kernelSpec(inRepository("dist", "kernel.js"))), "");
  host = await startTestServer({ kernelspecs: { vitrine: spec } });
  manager = new KernelManager({ serverSettings: host.settings });
  await mkdir(join(host.root, "node_modules", "@observablehq"), { recursive: true });
  await symlink(
    inRepository("node_modules", "@observablehq", "plot"),
    join(host.root, "node_modules", "@observablehq", "plot"),
    "junction",
  );
  await writeFile(join(host.root, "broken.ts"), "export const fine = 1;\nexport const = 1;\n");
  await writeFile(join(host.root, "broken.mjs"), "export const = 1;\n");
  kernel = await manager.startNew({ name: "vitrine" });
  kernel.registerCommTarget("jupyter.widget", () => undefined); // without one they are closed at once
});
after(async () => {
  manager?.dispose();
  await host?.close();
});

interface Outcome {
  readonly status: string;
  readonly bundles: readonly Readonly<Record<string, unknown>>[];
  readonly error: { ename: unknown; evalue: unknown; traceback: unknown } | null;
  readonly streams: string;
}

/** Runs a cell; resolves when its reply and its idle have come. */
async function run(code: string): Promise<Outcome> {
  const future = kernel.requestExecute({ code, stop_on_error: false });
  const bundles: Record<string, unknown>[] = [];
  let error: Outcome["error"] = null;
  let streams = "";
  future.onIOPub = (message) => {
    if (KernelMessage.isExecuteResultMsg(message) || KernelMessage.isDisplayDataMsg(message))
      bundles.push(message.content.data);
    if (KernelMessage.isErrorMsg(message)) error = message.content;
    if (KernelMessage.isStreamMsg(message)) streams += message.content.text;
  };
  const { status } = (await future.done).content;
  return { status, bundles, error, streams };
}

async function errorOf(code: string) {
  const { status, error } = await run(code);
  assert.equal(status, "error", code);
  assert.ok(error !== null, code);
  const { ename, evalue, traceback } = error;
  assert.ok(typeof ename === "string" && ename !== "", code);
  assert.ok(typeof evalue === "string", code);
  assert.ok(Array.isArray(traceback), code);
  const lines = traceback.map((line: unknown) => {
    assert.ok(typeof line === "string", code);
    return line;
  });
  const two = await run("1 + 1");
  assert.deepEqual(two.bundles, [{ "text/plain": "2" }], `the next cell runs after ${code}`);
  return { ename, evalue, lines };
}

async function bundleOf(code: string): Promise<Readonly<Record<string, unknown>>> {
  const { bundles, error } = await run(code);
  assert.equal(error, null, code);
  const [bundle] = bundles;
  assert.ok(bundle !== undefined, code);
  return bundle;
}

test("a MIME bundle that cannot travel is an error of the cell that names the place", async () => {
  const cases: [code: string, evalue: RegExp][] = [
    [
      `({ toMimeBundle: () => ({ "text/html": () => "<b>x</b>" }) })`,
      /^MIME bundle\["text\/html"\]: expected text or bytes, got a function\./,
    ],
    [
      `displayRaw({ "application/json": { id: 12n } });`,
      /^MIME bundle\["application\/json"\]\.id: expected JSON, got the BigInt 12n\. Write Number\(value\)/,
    ],
    [`displayRaw({ "application/json": { list: [1, Symbol("s")] } })`, /\.list\[1\].*a symbol/],
    [`displayRaw({ "text/html": Promise.resolve("x") } as any)`, /a Promise\. Await it\./],
    [`displayRaw({ "application/json": { get x() { throw new Error("mine") } } })`, /^mine$/],
    [
      `const loop: any = { in: [] }; loop.in.push(loop); displayRaw({ "application/json": loop })`,
      /\.in\[0\]: expected JSON, got what holds itself/,
    ],
    [`({ [Symbol.for("Jupyter.display")]: () => undefined })`, /expected an object by MIME types/],
    [`displayRaw({ "text/plain": "x" }, { metadata: { n: 1n } })`, /^metadata\.n: .*BigInt/],
    [`displayRaw({ "text/plain": "x" }, { id: (() => 1) as any })`, /^display id: .*a function/],
    [`await page({ toMimeBundle: () => ({ "text/plain": 1n as any }) })`, /BigInt 1n/],
    [`setNextInput(1n as any)`, /^setNextInput\.text: .*BigInt/],
  ];
  for (const [code, evalue] of cases) assert.match((await errorOf(code)).evalue, evalue, code);
});

test("an error with a name or a message that is no text is told as one", async () => {
  const odd = (change: string) =>
    errorOf(`{ const odd: any = new Error("m"); ${change}; throw odd; }`);
  const named = await odd("odd.name = () => 1");
  assert.deepEqual([named.ename, named.evalue], ["Error", "m"]);
  assert.equal((await odd("odd.name = undefined")).ename, "Error");
  assert.equal((await odd("odd.message = { code: 7 }")).evalue, "{ code: 7 }");
  assert.equal((await odd("odd.message = 7n")).evalue, "7n");
  const silent = await odd(
    `Object.defineProperty(odd, "message", { get() { throw new Error("no") } })`,
  );
  assert.equal(silent.evalue, "");
  const { lines } = await odd(
    `odd[Symbol.for("nodejs.util.inspect.custom")] = () => { throw new Error("no inspect") }`,
  );
  assert.match(lines.join("\n"), /^Error: m\n[\s\S]*showing it threw Error: no inspect/);
  await errorOf("{ const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); throw proxy; }");
});

test("what a widget cannot send is an error of the cell that sets or shows it", async () => {
  await run(`import { widget } from "vitrine/widgets";
    const make = (state: any) => widget({ esm: "export default { render() {} }", state });`);
  assert.match(
    (await errorOf("make({ deep: { n: 1n } })")).evalue,
    /^comm message\.data\.state\.deep\.n: expected JSON, got the BigInt 1n/,
  );
  assert.match(
    (await errorOf("const ring: any = {}; ring.ring = ring; make({ ring })")).evalue,
    /^widget state\.ring\.ring: expected JSON, got what holds itself: it is widget state\.ring again/,
  );
  await run("const shown = make({ n: 1 }); await display(shown)");
  assert.match((await errorOf("shown.set({ n: 2n as any })")).evalue, /state\.n: .*BigInt 2n/);
  assert.match((await errorOf("shown.send({ f() {} })")).evalue, /content\.f: .*a function/);
  assert.deepEqual(await bundleOf("shown.get('n')"), { "text/plain": "1" }, "nothing has changed");
});

test("a user expression that cannot travel is an error of that expression alone", async () => {
  const future = kernel.requestExecute({
    code: "1",
    user_expressions: { bad: `({ toMimeBundle: () => ({ "application/json": 1n }) })`, good: "2" },
  });
  const { content } = await future.done;
  assert.ok(content.status === "ok");
  const { bad, good } = content.user_expressions as Record<string, Record<string, unknown>>;
  assert.equal(bad?.status, "error");
  assert.deepEqual(good?.data, { "text/plain": "2" });
});

test("errors name lines of cells and of files alone", async () => {
  const ours = /dist\/|node:internal|node_modules|vitrine-|esbuild/;
  const compiled = await errorOf("1;\n  yield 1;");
  assert.doesNotMatch(compiled.lines.join("\n"), ours);
  assert.equal(compiled.ename, "SyntaxError");
  assert.match(compiled.lines.join("\n"), /^SyntaxError: .*\n {4}at Cell \[\d+\]:2:\d+\n/);
  const early = await errorOf("later;\nlet later = 1;");
  assert.doesNotMatch(early.lines.join("\n"), ours);
  assert.match(early.lines.join("\n"), /^ReferenceError: .*'later'.*\n {4}at Cell \[\d+\]:1:1\n/);
  const broken = await errorOf(`import "./broken.ts"`);
  assert.doesNotMatch(broken.lines.join("\n"), ours);
  assert.deepEqual(broken.lines.slice(1), [
    "    at ./broken.ts:2:14",
    "",
    "./broken.ts:",
    "  1 | export const fine = 1;",
    "> 2 | export const = 1;",
    "    |              ^",
    "  3 |",
  ]);
  const native = await errorOf(`import "./broken.mjs"`);
  assert.doesNotMatch(native.lines.join("\n"), ours);
});

test("nodes of a document are shown as what they would draw", async () => {
  const fragment = await bundleOf(`const f = document.createDocumentFragment();
    f.append(document.createElement("p"), "a < b");
    f;`);
  assert.deepEqual(fragment, {
    "text/html": "<p></p>a &lt; b",
    "text/plain": "#document-fragment",
  });
  const text = await bundleOf(`document.createTextNode("only words")`);
  assert.deepEqual(text, { "text/plain": "only words" });
  const page = await bundleOf(`document.body.innerHTML = "<p>x</p>"; document`);
  assert.deepEqual(page, { "text/html": "<p>x</p>", "text/plain": "#document" });
  const nodes = await bundleOf(`[...document.querySelectorAll("p")]`);
  assert.deepEqual(nodes, { "text/plain": "[ <p>x</p> ]" });
});

test("of an object with 100,000 keys the first hundred are shown", async () => {
  const keys = "Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => ['k' + i, i]))";
  const { "text/plain": text } = await bundleOf(keys);
  const lines = String(text).split("\n");
  assert.deepEqual(lines.slice(0, 2), ["{", "  k0: 0,"]);
  assert.deepEqual(lines.slice(-3), ["  k99: 99,", "  ... 99900 more keys", "}"]);
  const { "text/plain": inside } = await bundleOf(`({ list: [1, ${keys}], up: new Map() })`);
  assert.match(String(inside), /k99: 99,\n\s*\.\.\. 99900 more keys\n/);
  assert.ok(String(inside).length < 5000);
  const { "text/plain": map } = await bundleOf(`new Map([[1, ${keys}]])`);
  assert.match(String(map).slice(-40), /\n\.\.\. \d+ more characters$/);
});

test("Observable Plot draws the ramp of a legend on a canvas of the document", async () => {
  const ramp = /<image [^>]*href="data:image\/png;base64,([^"]{80,})"/;
  const legend = await bundleOf(`import * as Plot from "@observablehq/plot";
    Plot.legend({ color: { type: "linear", domain: [0, 10] }, label: "x", document })`);
  const [, png] = ramp.exec(String(legend["image/svg+xml"] ?? legend["text/html"])) ?? [];
  assert.ok(png !== undefined, JSON.stringify(legend).slice(0, 500));
  const bytes = Buffer.from(png, "base64");
  assert.equal(bytes.toString("latin1", 1, 4), "PNG");
  assert.deepEqual([bytes.readUInt32BE(16), bytes.readUInt32BE(20)], [256, 1]);
  const chart = await bundleOf(`Plot.plot({
    document,
    color: { legend: true },
    marks: [Plot.dot([[0, 1], [1, 2]], { fill: (d: number[]) => d[0] })],
  })`);
  assert.match(String(chart["text/html"]), ramp);
  const drawn = await bundleOf(`const canvas = document.createElement("canvas");
    canvas.width = 2; canvas.height = 1;
    const context = canvas.getContext("2d")!;
    context.fillStyle = "rgb(1, 2, 3)";
    context.fillRect(0, 0, 1, 1);
    [...context.getImageData(0, 0, 2, 1).data]`);
  assert.deepEqual(drawn, { "text/plain": "[\n  1, 2, 3, 255,\n  0, 0, 0,   0\n]" });
  const raster = await bundleOf(`Plot.plot({
    document,
    marks: [Plot.raster([0, 1, 2, 3], { width: 2, height: 2 })],
  })`);
  assert.match(String(raster["image/svg+xml"] ?? raster["text/html"]), /data:image\/png/);
  const resized = await bundleOf(`canvas.width = 1; canvas.height = 2;
    context.fillRect(0, 1, 1, 1);
    [...context.getImageData(0, 0, 1, 2).data]`);
  assert.deepEqual(resized, { "text/plain": "[\n  0, 0, 0,   0,\n  1, 2, 3, 255\n]" });
  const picture = await bundleOf("canvas");
  assert.deepEqual(Object.keys(picture).sort(), ["image/png", "text/plain"]);
});

test("whatever a cell shows, throws or sends, its reply and its idle come and the next cell runs", async () => {
  await run(`import { widget } from "vitrine/widgets"; let given: any;`);
  const uses = fc.constantFrom(
    "given",
    "await display(given)",
    "throw given",
    "displayRaw(given)",
    `displayRaw({ "application/json": given, "text/plain": "x" })`,
    `displayRaw({ "text/html": given })`,
    `displayRaw({ "text/plain": "x" }, { metadata: given, id: given, update: true })`,
    `({ toMimeBundle: () => ({ "text/html": given, "application/json": [given] }) })`,
    `({ [Symbol.for("Jupyter.display")]: () => given })`,
    `widget({ esm: "export default {}", state: { given } })`,
    `widget({ esm: "export default {}", state: {} }).send(given)`,
    "[given, { given }]",
    "console.log(given)",
    "void Promise.reject(given)",
    "setTimeout(() => { throw given })",
    "await page(given)",
    "setNextInput(given)",
    "throw Object.assign(new Error('with'), { cause: given, given })",
  );
  await fc.assert(
    fc.asyncProperty(nastyValue, uses, async (value, use) => {
      const [nasty, next] = await Promise.all([run(`given = ${value}; ${use}`), run("1 + 1")]);
      assert.ok(nasty.status === "ok" || nasty.status === "error", nasty.status);
      assert.deepEqual(next.bundles, [{ "text/plain": "2" }]);
    }),
    { numRuns: 100 },
  );
});

test("code finds the text of the cell that asks, which records of runs keep", async () => {
  const code = 'Reflect.get(globalThis, Symbol.for("vitrine.kernelHost")).sourceCell.source';
  const { status, bundles } = await run(code);
  assert.equal(status, "ok");
  assert.match(String(bundles[0]?.["text/plain"]), /sourceCell\.source/);
});
