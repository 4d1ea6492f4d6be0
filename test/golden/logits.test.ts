import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import type { Backend } from "../../engine/backend/backend.ts";
import { InputError, type Model, type RunOptions } from "../../engine/index.ts";
import { assertSameBits } from "./compare.ts";
import { expected, fixtureFolder, openModel, tinyFolder } from "./openModel.ts";

const { ids } = expected("llama3");
const T = ids.length;

const opened = new Map<string, Promise<{ model: Model; backend: Backend }>>();
function open(name: "cpu" | "reference" | "webgpu", folder = fixtureFolder("llama3")) {
  const key = `${name} ${folder}`;
  const pair = opened.get(key) ?? openModel(name, folder);
  opened.set(key, pair);
  return pair;
}
after(async () => {
  for (const pair of opened.values()) (await pair).model.dispose();
});

for (const name of ["cpu", "reference", "webgpu"] as const)
  describe(`logits on ${name}`, () => {
    it("are kept where they are asked for, with the bits of all of them", async () => {
      const { model } = await open(name);
      const all = await model.run(ids, { chunkSize: 7, logits: "all" });
      assert.deepEqual(all.logits.shape, [T, model.spec.nVocab]);
      const ways: [RunOptions["logits"], number[]][] = [
        [undefined, [T - 1]],
        ["last", [T - 1]],
        [[], []],
        [
          [0, 6, 7, -1, 8, 0],
          [0, 6, 7, 8, T - 1],
        ],
      ];
      for (const [logits, rows] of ways) {
        const run = await model.run(ids, { chunkSize: 7, ...(logits && { logits }) });
        assert.deepEqual(run.logitRows, rows);
        assert.deepEqual(run.logits.shape, [rows.length, model.spec.nVocab]);
        for (const [i, row] of rows.entries())
          assertSameBits(run.logits.row(i), all.logits.row(row), `row ${row}`);
        const state = (of: typeof run) => of.sites().find((s) => s.name === "hook_logits")?.state;
        assert.deepEqual([state(run), state(all)], ["replayed", "captured"]);
        assertSameBits(await run.get("hook_logits", { token: -1 }), all.logits.row(-1), "last");
        assertSameBits(await run.get("hook_logits"), all.logits, "every row, by a replay");
        assert.equal(state(run), "captured");
        assert.deepEqual(run.logitRows, rows);
        run.dispose();
      }
      const captured = await model.run(ids, { chunkSize: 7, capture: "hook_*" });
      assertSameBits(captured.logits, all.logits, "captured");
      all.dispose();
      captured.dispose();
    });

    it("give each token its log probability, whatever the chunks and whoever chose it", async () => {
      const { model } = await open(name);
      const whole = await model.run(ids, { chunkSize: T, logits: "all" });
      const rows = whole.logits;
      for (const { index, id, logprob } of whole.tokens.slice(1)) {
        const row = [...rows.row(index - 1).data];
        const max = Math.max(...row);
        const total = row.reduce((sum, logit) => sum + Math.exp(logit - max), 0);
        const wanted = (row[id] as number) - max - Math.log(total);
        assert.ok(Math.abs((logprob as number) - wanted) < 2e-6, `${index}: ${logprob} ${wanted}`);
      }
      for (const chunkSize of [1, 7]) {
        const cut = await model.run(ids, { chunkSize });
        const logprobs = (run: typeof cut) => run.tokens.map(({ logprob }) => logprob);
        assert.deepEqual(logprobs(cut), logprobs(whole), `chunks of ${chunkSize}`);
        cut.dispose();
      }
      const generation = model.generate(ids.slice(0, 9), { maxTokens: 6, ignoreEos: true });
      for await (const _ of generation);
      const again = await model.run(generation.run.tokens.map(({ id }) => id));
      assert.deepEqual(
        generation.run.tokens.map(({ logprob }) => logprob),
        again.tokens.map(({ logprob }) => logprob),
      );
      for (const run of [whole, generation.run, again]) run.dispose();
    });
  });

describe("what a run reads of its logits", () => {
  it("does not grow with the prompt, nor with the tokens that the device ranks", async () => {
    const { model, backend } = await open("cpu");
    const { read } = backend;
    let floats = 0;
    backend.read = function (this: typeof backend, tensor, offset, count) {
      if (tensor.shape.at(-1) === model.spec.nVocab)
        floats += count ?? tensor.shape.reduce((a, b) => a * b);
      return read.call(this, tensor, offset, count);
    };
    const size = async (nPrompt: number) => {
      floats = 0;
      (await model.run(ids.slice(0, nPrompt), { chunkSize: 5 })).dispose();
      return floats;
    };
    assert.deepEqual([await size(5), await size(T)], [model.spec.nVocab, model.spec.nVocab]);
    backend.read = read;
  });
});

it("a replay that gives another bit is refused", async () => {
  const { model, backend } = await open("cpu");
  const run = await model.run(ids);
  const { read } = backend;
  backend.read = async function (this: typeof backend, tensor, offset, count) {
    const data = await read.call(this, tensor, offset, count);
    if (tensor.label === "token_logprobs") data[3] = (data[3] as number) + 1e-6;
    return data;
  };
  await assert.rejects(run.get("blocks.0.hook_resid_post"), { code: "ERR_REPLAY_DIFFERS" });
  backend.read = read;
  await run.get("blocks.0.hook_resid_post");
  run.dispose();
});

describe("generate's logits", () => {
  const generate = async (options: object, logits: RunOptions["logits"]) => {
    const { model } = await open("cpu", tinyFolder);
    const more = { maxTokens: 12, ignoreEos: true, temperature: 0, ...options };
    const generation = model.generate([1, 2, 3], { ...more, ...(logits && { logits }) });
    for await (const _ of generation);
    return generation.run;
  };

  for (const options of [{}, { speculate: "mtp", draftTokens: 3 }])
    it(`are those asked for: ${JSON.stringify(options)}`, async () => {
      const all = await generate(options, "all");
      assert.deepEqual(all.logitRows, [...Array(15).keys()]);
      for (const [logits, rows] of [
        [undefined, [14]],
        [
          [0, 5, -2],
          [0, 5, 13, 14],
        ],
        [[-15], [...Array(15).keys()]],
        [[7], [7]],
      ] as [RunOptions["logits"], number[]][]) {
        const run = await generate(options, logits);
        assert.deepEqual(run.logitRows, rows);
        for (const [i, row] of rows.entries())
          assertSameBits(run.logits.row(i), all.logits.row(row), `row ${row}`);
        assertSameBits(await run.get("hook_logits"), all.logits, "every row");
        run.dispose();
      }
      all.dispose();
    });

  it("of positions that cannot exist are refused by name, and those not reached are left out", async () => {
    const { model } = await open("cpu");
    const fails =
      (code: string, ...parts: string[]) =>
      (error: Error) =>
        error instanceof InputError &&
        error.code === code &&
        parts.every((part) => error.message.includes(part));
    for (const position of [T, -T - 1])
      await assert.rejects(
        model.run(ids, { logits: [position] }),
        fails("ERR_SELECTION", `from ${-T} to ${T - 1}`, String(position)),
      );
    assert.throws(
      () => model.generate(ids, { maxTokens: 2, logits: [T + 2] }),
      fails("ERR_SELECTION"),
    );
    for (const logits of ["first", [1.5], 3])
      await assert.rejects(model.run(ids, { logits: logits as "all" }), fails("ERR_OPTION"));
    const generation = model.generate(ids, { maxTokens: 9, logits: [0, T + 5] });
    for await (const _ of generation) break;
    assert.deepEqual(generation.run.logitRows, [0]);
    generation.run.dispose();
  });
});
