import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { parseHTML } from "linkedom";
import { deriveWeights } from "../../widgets/attention/deriveWeights.ts";
import { poolMatrix } from "../../widgets/latent/data.ts";
import { deriveTile } from "../../widgets/latent/deriveTile.ts";
import { tileQuestion } from "../../widgets/latent/matrixStore.ts";
import { keepAnswers } from "../../widgets/offline/keepAnswers.ts";
import { KeptAnswers } from "../../widgets/offline/keptAnswers.ts";
import { keptBytes } from "../../widgets/offline/keptBytes.ts";
import { PageFirst } from "../../widgets/offline/pageFirst.ts";
import { PageModel } from "../../widgets/offline/pageModel.ts";
import { hasKernel, type RenderContext } from "../../widgets/render/afm.ts";
import { askKernel } from "../../widgets/render/askKernel.ts";

const numbers = Float32Array.from({ length: 600 }, (_, i) => Math.fround(Math.sin(i) * 1e-3));

const answers = {
  row: async ({ row }: { readonly [argument: string]: unknown }) => {
    if (row === 3) throw new Error("row 3 is refused");
    return {
      content: { row },
      buffers: [numbers, Float64Array.of(Number.NaN, Math.PI), Uint8Array.of(1, 2, 3)],
    };
  },
};
const rows = (n: number) => Array.from({ length: n }, (_, row) => ({ kind: "row", row }));

/** A place in a page. */
const placeIn = (html: string): HTMLElement =>
  parseHTML(html).document.querySelector("p") as unknown as HTMLElement;

/** A view in a page without a kernel, whose state has these answers. */
function pageWith(kept: Uint8Array): RenderContext {
  const data = Buffer.from(kept).toString("base64");
  const model = new PageModel({ state: {}, buffers: [{ path: ["kept"], data }] });
  return { model, el: placeIn("<p>") };
}

test("a kernel is asked where there is one that knows the model", () => {
  const { model } = pageWith(new Uint8Array(0));
  const inJupyter = (kernel: object | null, html: string): boolean =>
    hasKernel({
      model: Object.assign(Object.create(model), {
        hasKernel: undefined,
        widget_manager: { kernel },
      }),
      el: placeIn(html),
    });
  assert.equal(hasKernel({ model, el: placeIn("<p>") }), false);
  assert.equal(inJupyter({}, "<div><p></p></div>"), true);
  assert.equal(inJupyter(null, "<div><p></p></div>"), false);
  assert.equal(inJupyter({}, '<div class="jupyter-widgets-disconnected"><p></p></div>'), false);
});

test("a kept answer comes back bit for bit, whatever order its arguments have", async () => {
  const questions = [{ kind: "row", row: 1, from: 0 }];
  const kept = await keepAnswers({ questions, answers, maxBytes: 1e6 });
  const reply = await askKernel(pageWith(kept), new AbortController().signal)("row", {
    from: 0,
    row: 1,
    id: 7,
  });
  assert.deepEqual(reply.content, { row: 1 });
  assert.deepEqual(new Float32Array(reply.buffers[0] ?? new ArrayBuffer(0)), numbers);
  assert.deepEqual(
    new Float64Array(reply.buffers[1] ?? new ArrayBuffer(0)),
    Float64Array.of(Number.NaN, Math.PI),
  );
  assert.deepEqual(new Uint8Array(reply.buffers[2] ?? new ArrayBuffer(0)), Uint8Array.of(1, 2, 3));
});

test("answers are kept in their order up to the bytes, and refused ones are left out", async () => {
  const whole = await keepAnswers({ questions: rows(6), answers, maxBytes: 1e6 });
  const all = await KeptAnswers.read(whole);
  assert.equal(all.wanted, 6);
  assert.deepEqual(
    all.questions.map(({ row }) => row),
    [0, 1, 2, 4, 5],
  );
  const half = await keepAnswers({ questions: rows(6), answers, maxBytes: whole.length / 2 });
  const some = await KeptAnswers.read(half);
  assert.deepEqual(
    some.questions.map(({ row }) => row),
    [0, 1],
  );
  assert.ok(
    half.length < whole.length / 2 + 200,
    "the answers fit, a short header stands before them",
  );
  assert.equal((await keepAnswers({ questions: rows(6), answers, maxBytes: 10 })).length, 0);
});

test("keeping ends with its signal, with what there is", async () => {
  const controller = new AbortController();
  const row = (question: { readonly [argument: string]: unknown }) => {
    if (question.row === 1) controller.abort();
    return answers.row(question);
  };
  const { signal } = controller;
  const kept = await keepAnswers({ questions: rows(3), answers: { row }, maxBytes: 1e6, signal });
  assert.deepEqual(
    (await KeptAnswers.read(kept)).questions.map((question) => question.row),
    [0, 1],
  );
});

test("what a page asks goes before what is kept: nothing is worked out for it until the page has been answered", async () => {
  const page = new PageFirst();
  let shown = (): void => assert.fail("nobody asked");
  const asked = page.answering(
    () =>
      new Promise<void>((resolve) => {
        shown = resolve;
      }),
  );
  let nKept = 0;
  const row = (question: { readonly [argument: string]: unknown }) => {
    nKept += 1;
    return answers.row(question);
  };
  const kept = keepAnswers({ questions: rows(2), answers: { row }, maxBytes: 1e6, page });
  await setTimeout(400);
  assert.equal(nKept, 0);
  shown();
  await asked;
  assert.equal((await KeptAnswers.read(await kept)).questions.length, 2);
});

test("without a kernel what is not kept is refused with what the file holds", async () => {
  const kept = await keepAnswers({ questions: rows(2), answers, maxBytes: 1e6 });
  const { signal } = new AbortController();
  await assert.rejects(
    askKernel(pageWith(kept), signal)("row", { row: 9 }),
    /No kernel is here\. This file holds 2 of the 2 answers that were to be kept, 2 of this kind, but not this one\. Run the cell again/,
  );
  await assert.rejects(
    askKernel(pageWith(new Uint8Array(0)), signal)("row", { row: 0 }),
    /this file holds none of its answers/,
  );
});

test("answers of another version are refused by name", async () => {
  const { gzipSync } = await import("node:zlib");
  const header = gzipSync(JSON.stringify({ version: 2, wanted: 0, answers: [] }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  await assert.rejects(
    KeptAnswers.read(Buffer.concat([length, header])),
    /expected version 1, got 2/,
  );
});

const place = { layer: 0, part: "latent", head: 0 } as const;
const window = (changes: object) => ({
  ...{ rowStart: 0, rowCount: 30, columnStart: 0, columnCount: 20, rowPool: 1, columnPool: 1 },
  ...changes,
});
const tiles = {
  tile: async (question: object) => ({
    content: { statistics: {} },
    buffers: [poolMatrix(numbers, 20, question as never, "farthest")],
  }),
};

async function derived(
  kept: object,
  asked: object,
): Promise<{ cells: Float32Array; coarser: unknown }> {
  const bytes = await keepAnswers({
    questions: [tileQuestion(place, window(kept), "farthest")],
    ...{ answers: tiles, maxBytes: 1e6 },
  });
  const ask = askKernel(pageWith(bytes), new AbortController().signal, deriveTile);
  const { content, buffers } = await ask("tile", tileQuestion(place, window(asked), "farthest"));
  return { cells: new Float32Array(buffers[0] ?? new ArrayBuffer(0)), coarser: content.coarser };
}

test("a window of a cache that was kept whole is exact without a kernel", async () => {
  for (const asked of [
    { rowStart: 4, rowCount: 8, columnStart: 3, columnCount: 9 },
    { rowStart: 7, rowCount: 1 },
    { rowStart: 2, rowCount: 11, rowPool: 3, columnPool: 4 },
  ]) {
    const { cells, coarser } = await derived({}, asked);
    assert.deepEqual(cells, poolMatrix(numbers, 20, window(asked), "farthest"));
    assert.equal(coarser, undefined);
  }
});

test("a window of a cache that was kept pooled is coarser and says so, and no row is read out of it", async () => {
  const asked = { rowStart: 5, rowCount: 8, columnStart: 2, columnCount: 10 };
  const { cells, coarser } = await derived({ rowPool: 3, columnPool: 4 }, asked);
  const pooled = poolMatrix(numbers, 20, window({ rowPool: 3, columnPool: 4 }), "farthest");
  assert.deepEqual(coarser, { rowPool: 3, columnPool: 4 });
  for (let r = 0; r < 8; r++)
    for (let c = 0; c < 10; c++)
      assert.equal(
        cells[r * 10 + c],
        pooled[Math.floor((5 + r) / 3) * 5 + Math.floor((2 + c) / 4)],
      );
  await assert.rejects(
    derived({ rowPool: 3, columnPool: 4 }, { rowStart: 5, rowCount: 1 }),
    /not this one/,
  );
});

const part = (queryStart: number, keyStart: number, queryCount: number, keyCount: number) => ({
  ...{ kind: "tile", layer: 0, head: 1, over: "head", pool: 1 },
  ...{ queryStart, keyStart, queryCount, keyCount },
});
/** A weight that tells where it stands; those on the future are 0. */
const weightAt = (query: number, key: number): number => (key > query ? 0 : query * 100 + key + 1);
const weightsOf = (asked: ReturnType<typeof part>): Float32Array =>
  Float32Array.from({ length: asked.queryCount * asked.keyCount }, (_, i) =>
    weightAt(
      asked.queryStart + Math.floor(i / asked.keyCount),
      asked.keyStart + (i % asked.keyCount),
    ),
  );

test("rows and columns of a map that was kept exactly are put together of its tiles; means and what is missing are refused", async () => {
  // Three of the four tiles of 80 tokens: the fourth lies in the future.
  const questions = [part(64, 64, 16, 16), part(64, 0, 16, 64), part(0, 0, 64, 64)];
  const tile = async (question: object) => ({
    buffers: [weightsOf(question as ReturnType<typeof part>)],
  });
  const kept = await keepAnswers({ questions, answers: { tile }, maxBytes: 1e6 });
  const ask = askKernel(pageWith(kept), new AbortController().signal, deriveWeights);
  for (const asked of [
    part(70, 0, 1, 71),
    part(0, 66, 80, 1),
    part(0, 3, 80, 1),
    part(0, 64, 16, 16),
  ]) {
    const { buffers } = await ask("tile", asked);
    assert.deepEqual(new Float32Array(buffers[0] ?? new ArrayBuffer(0)), weightsOf(asked));
  }
  for (const changes of [{ over: "heads" }, { head: 0 }, { pool: 2 }, { queryStep: 2 }])
    await assert.rejects(ask("tile", { ...part(70, 0, 1, 71), ...changes }), /not this one/);
  await assert.rejects(ask("tile", part(79, 0, 2, 80)), /not this one/);
});

test("how much is kept is a whole number of bytes", () => {
  const before = process.env.VITRINE_KEPT_BYTES;
  try {
    process.env.VITRINE_KEPT_BYTES = "2000";
    assert.equal(keptBytes(), 2000);
    process.env.VITRINE_KEPT_BYTES = "2 MB";
    assert.throws(keptBytes, /expected a whole number of bytes, at least 0, got "2 MB"/);
    delete process.env.VITRINE_KEPT_BYTES;
    assert.equal(keptBytes(), 1_000_000);
  } finally {
    if (before !== undefined) process.env.VITRINE_KEPT_BYTES = before;
  }
});
