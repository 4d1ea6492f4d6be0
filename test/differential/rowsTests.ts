import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { isDeepStrictEqual } from "node:util";
import type { Backend } from "../../engine/backend/backend.ts";
import { createModel } from "../../engine/createModel.ts";
import { type Model, Tensor } from "../../engine/index.node.ts";
import { openCheckpoint } from "../../engine/weights/openCheckpoint.node.ts";
import { openSplitBackend } from "../fixtures/splitAlways.ts";
import { lendBackend } from "../golden/lendBackend.ts";
import { fixtureFolder } from "../golden/openModel.ts";

/** A method of models that works on the rows of a tensor, as it is called in one way. */
interface Call {
  readonly what: string;
  of(model: Model, x: Tensor, axis?: string | number, options?: RowsOptions): Promise<unknown>;
  /** The tensor's own, which it must equal. */
  own(x: Tensor, axis?: string | number): unknown;
}

interface RowsOptions {
  readonly signal?: AbortSignal;
}

export interface RowsMethod {
  readonly name: "softmax" | "topK";
  /** What a backend is asked for, where it has that. */
  readonly operator: "softmaxRows" | "topKRows";
  readonly widths: readonly number[];
  /** One row is made by each, number by number. @param next at random, from -1 to 1 */
  kinds(width: number, next: () => number): readonly ((i: number) => number)[];
  /** All ways to call it with rows of a width. */
  calls(width: number): readonly Call[];
  /** What it refuses of rows of 256 numbers. */
  refuses(model: Model, x: Tensor): Promise<void>;
}

const BACKENDS = [
  { name: "reference", open: () => lendBackend("reference"), isThere: false },
  { name: "cpu with one thread", open: () => openSplitBackend(1), isThere: true },
  { name: "cpu with three threads", open: () => openSplitBackend(3), isThere: true },
  { name: "webgpu", open: () => lendBackend("webgpu"), isThere: false },
] as const;

/** Declares tests that hold a method to the tensor's own on these backends. */
export function rowsTests(
  { name: method, operator, widths, ...given }: RowsMethod,
  on: readonly (typeof BACKENDS)[number]["name"][],
): void {
  const { calls, refuses } = given;
  const models: Model[] = [];
  after(() => {
    for (const model of models) model.dispose();
  });

  /** Rows of all kinds, one after the other, more than go to a backend. */
  const rowsOf = (width: number): Tensor<Float32Array> => {
    const rows = Math.max(20, Math.ceil(9000 / width));
    let state = width;
    const kinds = given.kinds(width, () => {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
      return state / 2 ** 30 - 1;
    });
    const data = Float32Array.from({ length: rows * width }, (_, at) => {
      const kind = kinds[Math.floor(at / width) % kinds.length];
      return kind?.(at % width) as number;
    });
    return new Tensor(data, [rows, width], ["T", "V"]);
  };

  for (const { name, open, isThere } of BACKENDS.filter((each) => on.includes(each.name)))
    describe(`model.${method} on ${name}`, () => {
      const opened = async () => {
        const backend = await open();
        const asked = counted(backend, operator);
        const checkpoint = await openCheckpoint(fixtureFolder("llama3"));
        try {
          const model = await createModel(checkpoint, { tokenizer: null, backend });
          models.push(model);
          return { backend, model, asked };
        } finally {
          await checkpoint.close();
        }
      };

      it("has the bits of the tensor's own, and computes where it says", async () => {
        const { backend, model, asked } = await opened();
        const before = backend.memory.tensors;
        for (const width of widths) {
          const x = rowsOf(width);
          for (const { what, of, own } of calls(width)) {
            const already = asked();
            assertSame(await of(model, x), own(x), `${what} of rows of ${width}`);
            assert.equal(asked() - already, isThere ? 1 : 0, `${what} of rows of ${width}`);
          }
        }
        assert.equal(backend.memory.tensors, before, "nothing stays on the device");
      });

      it("works along other axes, on few numbers and other dtypes on the host, with the same bits", async () => {
        const { model, asked } = await opened();
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
          for (const { what, of, own } of calls(2))
            assertSame(await of(model, x, axis), own(x, axis), `${what} along ${axis}`);
        assert.equal(asked(), 0);
      });

      it("works on large tensors in pieces, of any number of axes", async () => {
        const { model, asked } = await opened();
        const once = rowsOf(16384).data;
        const data = new Float32Array(4 * once.length);
        for (let i = 0; i < 4; i++) data.set(once, i * once.length);
        const x = new Tensor(data, [4, 20, 16384], ["B", "T", "V"]);
        const [{ of, own }] = calls(7) as [Call];
        assertSame(await of(model, x, "V"), own(x, "V"), "the last axis");
        assert.equal(asked(), isThere ? 2 : 0);
        assertSame(await of(model, x, "T"), own(x, "T"), "another axis");
        assert.equal(asked(), isThere ? 2 : 0);
      });

      it("ends by its signal, and refuses what is not there and a model that is disposed", async () => {
        const { model } = await opened();
        const x = rowsOf(256);
        const signal = AbortSignal.abort();
        const large = new Tensor(new Float32Array(3 * 2 ** 20), [3, 2 ** 20]);
        for (const { of } of calls(3)) {
          for (const axis of [0, 1])
            await assert.rejects(of(model, x, axis, { signal }), { code: "ERR_ABORTED" });
          const later = new AbortController();
          const running = of(model, large, 1, { signal: later.signal });
          later.abort();
          await assert.rejects(running, { code: "ERR_ABORTED" });
        }
        await refuses(model, x);
        model.dispose();
        for (const { of } of calls(3)) {
          await assert.rejects(of(model, x), { code: "ERR_DISPOSED" });
          await assert.rejects(of(model, x, 0), { code: "ERR_DISPOSED" });
        }
      });
    });
}

/** Bit for bit. A message that listed a million numbers would take minutes to make. */
function assertSame(got: unknown, wanted: unknown, what: string): void {
  assert.ok(isDeepStrictEqual(got, wanted), `${what}: expected the tensor's own, got others`);
}

/** Counts what a backend is asked for. */
function counted(backend: Backend, operator: RowsMethod["operator"]): () => number {
  let calls = 0;
  const known = backend[operator] as ((...given: unknown[]) => never) | undefined;
  if (known !== undefined)
    Object.assign(backend, {
      [operator]: (...given: unknown[]) => {
        calls += 1;
        return known.apply(backend, given);
      },
    });
  return () => calls;
}
