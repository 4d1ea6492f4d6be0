import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { add, change, type Model, scale, zero } from "../../engine/index.ts";
import { assertSameBits } from "./compare.ts";
import { openModel, tinyFolder } from "./openModel.ts";

const IDS = [5, 80, 200, 31, 7, 9];
const Z = "blocks.2.attn.hook_z";

describe("a function that numbers go through", () => {
  let model: Model;
  before(async () => {
    model = (await openModel("cpu", tinyFolder)).model;
  });
  after(() => model.dispose());

  test("does what the edit of the same meaning does, in place or given back, at once or later", async () => {
    const wanted = await model.run(IDS, { edits: [scale(Z, 0.5, { head: 1, position: [2, 5] })] });
    const ways = {
      "in place": change(
        Z,
        ({ data }) => {
          data.set(data.map((x) => 0.5 * x));
          return undefined;
        },
        {
          head: 1,
          position: [2, 5],
        },
      ),
      "given back": change(Z, async ({ data }) => data.map((x) => 0.5 * x) as Float32Array, {
        head: 1,
        position: [2, 5],
      }),
    };
    for (const [name, edit] of Object.entries(ways)) {
      const run = await model.run(IDS, { edits: [edit] });
      assertSameBits(run.logits, wanted.logits, name);
      assertSameBits(
        await run.get("hook_logits"),
        await wanted.get("hook_logits"),
        `${name}, replayed`,
      );
    }
  });

  test("is told the rows of each step, chunk by chunk and token by token", async () => {
    const told: (readonly [number, number, readonly number[], readonly string[]])[] = [];
    const edit = change(
      Z,
      ({ shape, dims }, { start, end }) => {
        told.push([start, end, shape, dims]);
        return undefined;
      },
      { head: 0 },
    );
    const generation = model.generate(IDS, {
      maxTokens: 2,
      chunkSize: 4,
      edits: [edit],
      ignoreEos: true,
    });
    for await (const _ of generation);
    assert.deepEqual(
      told.map(([start, end, shape, dims]) => [start, end, shape[0], dims.join()]),
      [
        [0, 4, 4, "T,D"],
        [4, 6, 2, "T,D"],
        [6, 7, 1, "T,D"],
        [7, 8, 1, "T,D"],
      ],
    );
    assert.equal(generation.run.edits[0]?.edit.kind, "change");
    assert.match(String(generation.run.edits[0]?.edit.change), /told\.push/);
  });

  test("may run the model meanwhile, and order is that of the forward pass", async () => {
    const order: string[] = [];
    const run = await model.run(IDS, {
      edits: ["blocks.3.hook_resid_post", "blocks.1.hook_resid_mid"].map((site) =>
        change(site, async (_, at) => {
          order.push(at.site);
          (await model.run(IDS.slice(0, 2))).dispose();
          return undefined;
        }),
      ),
    });
    assert.deepEqual(order, ["blocks.1.hook_resid_mid", "blocks.3.hook_resid_post"]);
    run.dispose();
  });

  test("has its turn among edits of the same numbers in the order that they were given in", async () => {
    const square = change(Z, (value) => value.map((x) => x * x), { after: true });
    const plain = await model.run(IDS, { capture: Z });
    const numbers = (await plain.get(Z)).data;
    const more = add(Z, 1, { after: true });
    for (const [edits, wanted] of [
      [[square, more], (x: number) => x * x + 1],
      [[more, square], (x: number) => (x + 1) ** 2],
      [[more, square, more, square, more], (x: number) => ((x + 1) ** 2 + 1) ** 2 + 1],
    ] as const) {
      const run = await model.run(IDS, { edits, capture: Z });
      const got = (await run.get(Z)).data;
      for (const [i, x] of numbers.entries())
        assert.ok(
          Math.abs((got[i] ?? Number.NaN) / wanted(x) - 1) < 1e-5,
          `${i}: ${got[i]}, not ${wanted(x)}`,
        );
      run.dispose();
    }
    plain.dispose();
  });

  test("that throws, or gives what does not fit, ends its run alone", async () => {
    const { bytes } = model.deviceMemory();
    await assert.rejects(
      model.run(IDS, {
        edits: [
          change(Z, () => {
            throw new TypeError("mine");
          }),
        ],
      }),
      { name: "TypeError", message: "mine" },
    );
    await assert.rejects(model.run(IDS, { edits: [change(Z, () => [1, 2])] }), {
      code: "ERR_EDIT",
      message: /expected 128 numbers, or 6 rows of 128, got 2 numbers/,
    });
    await assert.rejects(
      model.run(IDS, { edits: [change(Z, () => 0), zero(Z)] }),
      /other numbers than edits\[0\]/,
    );
    await assert.rejects(
      model.step(IDS, { edits: [change(Z, () => 0)] }),
      /runTo the site and set it/,
    );
    assert.equal(model.deviceMemory().bytes, bytes);
    (await model.run(IDS)).dispose();
  });
});
