import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import type { Backend } from "../../engine/backend/backend.ts";
import { createModel } from "../../engine/createModel.ts";
import { type Model, Tensor } from "../../engine/index.node.ts";
import { openCheckpoint } from "../../engine/weights/openCheckpoint.node.ts";
import { openSplitBackend } from "../fixtures/splitAlways.ts";
import { lendBackend } from "../golden/lendBackend.ts";
import { fixtureFolder } from "../golden/openModel.ts";

const WIDTHS = [1, 2, 5, 15, 16, 17, 255, 256, 16384];
const [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];

const models: Model[] = [];
after(() => {
  for (const model of models) model.dispose();
});

async function opened(backend: Backend): Promise<Model> {
  const checkpoint = await openCheckpoint(fixtureFolder("llama3"));
  try {
    const model = await createModel(checkpoint, { tokenizer: null, backend });
    models.push(model);
    return model;
  } finally {
    await checkpoint.close();
  }
}

/** Rows of all kinds, one after the other, more than go to a backend. */
function rowsOf(width: number): Tensor<Float32Array> {
  const rows = Math.max(20, Math.ceil(9000 / width));
  let state = width;
  const next = (): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 2 ** 30 - 1;
  };
  const kinds: readonly ((i: number) => number)[] = [
    () => 8 * next(),
    () => Math.round(2 * next()), // ties, and 0 and -0
    (i) => i,
    (i) => -i,
    () => 7,
    () => Number.NaN,
    (i) => (i % 3 === 0 ? Number.NaN : next()),
    (i) => (i === width - 1 ? next() : Number.NaN),
    (i) => [low, high, next(), Number.NaN][i % 4] as number,
    (i) => (i % 2 === 0 ? 0 : -0),
  ];
  const data = Float32Array.from({ length: rows * width }, (_, at) => {
    const kind = kinds[Math.floor(at / width) % kinds.length];
    return kind?.(at % width) as number;
  });
  return new Tensor(data, [rows, width], ["T", "V"]);
}

/** Counts what a backend is asked for. */
function counted(backend: Backend): () => number {
  let calls = 0;
  const known = backend.topKRows?.bind(backend);
  if (known !== undefined)
    backend.topKRows = (...given) => {
      calls += 1;
      known(...given);
    };
  return () => calls;
}

const BACKENDS = [
  { name: "reference", open: () => lendBackend("reference"), isThere: false },
  { name: "cpu with one thread", open: () => openSplitBackend(1), isThere: true },
  { name: "cpu with three threads", open: () => openSplitBackend(3), isThere: true },
  { name: "webgpu", open: () => lendBackend("webgpu"), isThere: false },
] as const;

for (const { name, open, isThere } of BACKENDS)
  describe(`model.topK on ${name}`, () => {
    it("has the tensor's own numbers and places, and looks where it says", async () => {
      const backend = await open();
      const calls = counted(backend);
      const model = await opened(backend);
      const before = backend.memory.tensors;
      for (const width of WIDTHS) {
        const x = rowsOf(width);
        for (const k of new Set([1, 2, 5, 31, 64, width])) {
          if (k > width) continue;
          const asked = calls();
          assert.deepEqual(await model.topK(x, k), x.topK(k), `${k} of rows of ${width}`);
          assert.equal(calls() - asked, isThere ? 1 : 0);
        }
      }
      assert.equal(backend.memory.tensors, before, "nothing stays on the device");
    });

    it("looks along other axes, through few numbers and other dtypes on the host", async () => {
      const backend = await open();
      const calls = counted(backend);
      const model = await opened(backend);
      const few = new Tensor(rowsOf(256).data.slice(0, 512), [2, 256]);
      const wide = new Tensor(Float64Array.from(rowsOf(256).data), [36, 256]);
      const whole = new Tensor(
        Int32Array.from({ length: 9000 }, (_, i) => i % 7),
        [90, 100],
      );
      for (const [x, axis] of [
        [rowsOf(255), 0],
        [rowsOf(255), "T"],
        [few, -1],
        [wide, -1],
        [whole, 1],
      ] as const)
        assert.deepEqual(await model.topK(x, 2, axis), x.topK(2, axis));
      assert.equal(calls(), 0);
    });

    it("looks through large tensors in pieces, of any number of axes", async () => {
      const backend = await open();
      const calls = counted(backend);
      const model = await opened(backend);
      const once = rowsOf(16384).data;
      const data = new Float32Array(4 * once.length);
      for (let i = 0; i < 4; i++) data.set(once, i * once.length);
      const x = new Tensor(data, [4, 20, 16384], ["B", "T", "V"]);
      const got = await model.topK(x, 7, "V");
      assert.deepEqual(got, x.topK(7, "V"));
      assert.deepEqual(
        [got.indices.shape, got.values.dims],
        [
          [4, 20, 7],
          ["B", "T", "V"],
        ],
      );
      assert.equal(calls(), isThere ? 2 : 0);
      assert.deepEqual(await model.topK(x, 2, "T"), x.topK(2, "T"));
    });

    it("ends by its signal, and refuses what is not there and a model that is disposed", async () => {
      const model = await opened(await open());
      const x = rowsOf(256);
      const signal = AbortSignal.abort();
      for (const axis of [0, 1])
        await assert.rejects(model.topK(x, 1, axis, { signal }), { code: "ERR_ABORTED" });
      const later = new AbortController();
      const large = new Tensor(new Float32Array(3 * 2 ** 20), [3, 2 ** 20]);
      const running = model.topK(large, 3, 1, { signal: later.signal });
      later.abort();
      await assert.rejects(running, { code: "ERR_ABORTED" });
      await assert.rejects(model.topK(x, 1, "S"), { code: "ERR_SHAPE", message: /^topK: / });
      for (const k of [0, 257, 1.5])
        await assert.rejects(model.topK(x, k), {
          code: "ERR_RANGE",
          message: /^topK: expected a whole number from 1 to 256, .* got /,
        });
      model.dispose();
      await assert.rejects(model.topK(x, 1), { code: "ERR_DISPOSED" });
    });
  });
