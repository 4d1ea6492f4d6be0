import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { compare, loadModel, type Model, type Run, zero } from "../../engine/index.node.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import { METRICS } from "../../widgets/attention/data.ts";
import { alignedMap, mapPool, mapStep, movedMass } from "../../widgets/comparison/alignedMaps.ts";
import { comparedRuns } from "../../widgets/comparison/comparedRuns.ts";
import { formatPair } from "../../widgets/comparison/data.ts";
import { createPairStore } from "../../widgets/comparison/pairStore.ts";
import {
  packPair,
  pairOf,
  pooledPair,
  shadesOf,
  sideOf,
  unpackPair,
} from "../../widgets/comparison/pairs.ts";
import { comparison, tokens } from "../../widgets/index.ts";
import { LEFT_OUT } from "../../widgets/routing/strengths.ts";

const NONE = Number.NaN;

let model: Model;
let a: Run;
let b: Run;
before(async () => {
  model = await loadModel("tiny", { backend: "cpu" });
  const edits = [zero("blocks.1.attn.hook_z", { head: 1 })];
  a = await model.run([5, 9, 14, 9, 5, 20]);
  b = await model.run([5, 9, 33, 14, 9, 20], { edits }); // 33 is B's alone, the second 5 is A's
});
after(() => model?.dispose());

const OWN = [0, 1, -1, 2, 3, 4, 5];
const OTHER = [0, 1, 2, 3, 4, -1, 5];

describe("pairs of numbers", () => {
  test("have A and B on the scale of both, and the difference about 0", () => {
    const pair = pairOf(Float64Array.of(0, 2, NONE), Float64Array.of(4, 1, 3));
    assert.deepEqual([...pair.difference], [4, -1, NONE]);
    assert.deepEqual([...shadesOf(pair, "a", "linear").strengths], [0, 0.5, LEFT_OUT]);
    assert.deepEqual([...shadesOf(pair, "b", "linear").strengths], [1, 0.25, 0.75]);
    const { strengths, isSigned, most } = shadesOf(pair, "difference", "log");
    assert.deepEqual([[...strengths], isSigned, most], [[1, -0.25, LEFT_OUT], true, 4]);
    assert.deepEqual(sideOf(pair, "b"), pair.b);
  });

  test("are signed where a run's numbers are, and differ by 0 where they are equal and infinite", () => {
    const infinite = Number.POSITIVE_INFINITY;
    const pair = pairOf(Float64Array.of(-1, infinite), Float64Array.of(2, infinite));
    assert.deepEqual([...pair.difference], [3, 0]);
    assert.equal(shadesOf(pair, "a", "linear").isSigned, true);
    assert.equal(shadesOf(pair, "a", "linear").strengths[0], -0.5);
  });

  test("travel as they are", () => {
    const pair = pairOf(Float64Array.of(1, NONE), Float64Array.of(3, 4));
    assert.deepEqual(unpackPair(packPair(pair), false), pair);
    const moved = { a: null, b: null, difference: Float64Array.of(0.5) };
    assert.deepEqual(unpackPair(packPair(moved), true), moved);
  });

  test("that cannot be had are told of where they are asked for, and nowhere else", async () => {
    let nAnswers = 0;
    const store = createPairStore({
      ask: async (_, { head }) => {
        if (head === 1) throw new Error("not in the file");
        return { content: {}, buffers: [Float64Array.of(1, 2).buffer] };
      },
      pairs: [],
      onAnswer: () => {
        nAnswers += 1;
      },
    });
    const problemOf = (head: number): string => {
      store.begin();
      store.map(0, head);
      return store.problem;
    };
    assert.deepEqual([0, 1].map(problemOf), ["", ""]);
    await nextTurn();
    assert.equal(nAnswers, 2);
    assert.deepEqual([1, 0].map(problemOf), ["not in the file", ""]);
    assert.deepEqual(store.map(0, 0)?.difference, Float64Array.of(1));
  });

  test("of many columns are means of what each block has", () => {
    const pair = pairOf(
      Float64Array.of(1, 3, NONE, NONE, 5, 7),
      Float64Array.of(2, NONE, 1, NONE, 5, 9),
    );
    const pooled = pooledPair(pair, 3, 2);
    assert.deepEqual([...(pooled.a ?? [])], [2, NONE, 5, 7]);
    assert.deepEqual([...pooled.difference], [1, NONE, 0, 2]);
  });
});

describe("two runs of other texts", () => {
  test("have their tokens' numbers side by side, as each alone has them", async () => {
    const { columns } = await comparison(a, b).table("tokens");
    const of = (name: string) => columns.find((column) => column.name === name)?.values;
    assert.deepEqual(
      of("position in A"),
      OWN.map((at) => (at < 0 ? null : at)),
    );
    assert.deepEqual(
      of("position in B"),
      OTHER.map((at) => (at < 0 ? null : at)),
    );
    for (const name of ["surprisal", "entropy", "FLOPs", "router entropy"]) {
      const [own, other] = await Promise.all(
        [a, b].map(async (run) => {
          const { columns: alone } = await tokens(run).table("tokens");
          return alone.find((column) => column.name === name)?.values as Float64Array;
        }),
      );
      const wanted = [OWN.map((at) => own?.[at] ?? NONE), OTHER.map((at) => other?.[at] ?? NONE)];
      assert.deepEqual(
        [[...(of(`${name} in A`) as Float64Array)], [...(of(`${name} in B`) as Float64Array)]],
        wanted,
        name,
      );
      const apart = [...(of(`${name}, B − A`) as Float64Array)];
      apart.forEach((difference, i) => {
        const [x, y] = [wanted[0]?.[i] ?? NONE, wanted[1]?.[i] ?? NONE];
        assert.equal(difference, y - x, `${name} ${i}`);
      });
      assert.ok(
        apart.some((x) => x !== 0 && !Number.isNaN(x)),
        `${name} differs`,
      );
    }
  });

  test("are laid beside each other by texts where an id stands for two", () => {
    const texts = ["only here", a.tokens[2]?.text ?? "", "nor", "this", "is", "there"];
    const tokens = b.record.tokens.map((token, t) => ({ ...token, text: texts[t] ?? "" }));
    const other = new Proxy(b, {
      get(run, key) {
        if (key === "record") return { ...run.record, tokens };
        const value: unknown = Reflect.get(run, key, run);
        return typeof value === "function" ? value.bind(run) : value;
      },
    });
    const both = comparedRuns(a, other).columns.filter((at) => at.own >= 0 && at.other >= 0);
    assert.deepEqual(both, [{ own: 2, other: 1 }]);
  });

  test("have maps of the tokens of both, with the engine's weights", async () => {
    const runs = comparedRuns(a, b);
    const [layer, head] = [1, 1];
    const maps = await Promise.all(
      [a, b].map((run) => run.get(`blocks.${layer}.attn.hook_pattern`, { head })),
    );
    const at = (run: number, query: number, key: number): number =>
      query < 0 || key < 0 || key > query ? NONE : (maps[run]?.at(query, key) ?? NONE);
    const map = await alignedMap(runs, layer, head);
    let moved = 0;
    let nQueries = 0;
    for (let q = 0; q < 7; q++) {
      let apart = 0;
      for (let k = 0; k < 7; k++) {
        const [x, y] = [
          at(0, OWN[q] as number, OWN[k] as number),
          at(1, OTHER[q] as number, OTHER[k] as number),
        ];
        assert.equal(map.a?.[q * 7 + k], x, `A ${q} ${k}`);
        assert.equal(map.b?.[q * 7 + k], y, `B ${q} ${k}`);
        assert.equal(map.difference[q * 7 + k], y - x, `difference ${q} ${k}`);
        apart += Math.abs((Number.isNaN(y) ? 0 : y) - (Number.isNaN(x) ? 0 : x));
      }
      if ((OWN[q] as number) < 0 || (OTHER[q] as number) < 0) continue;
      moved += apart / 2;
      nQueries += 1;
    }
    const found = await movedMass(runs, layer, head);
    assert.ok(found > 1e-3 && Math.abs(found - moved / nQueries) < 1e-12, `${found}`);
    assert.equal(await movedMass(comparedRuns(a, a), layer, head), 0);
  });

  test("have maps in blocks where they are long, and of a sample where they are very long", () => {
    assert.deepEqual([mapPool(160), mapPool(161), mapPool(16000)], [1, 2, 100]);
    assert.deepEqual([mapStep(160), mapStep(4096), mapStep(16000)], [1, 1, 8]);
  });

  test("have heads by metric, experts by load, parts by cost", async () => {
    const picture = comparison(a, b);
    const read = async (table: string, quantity: string) => {
      const { columns } = await picture.table(table);
      const rows = [...(columns[0]?.values ?? [])].flatMap((name, i) =>
        name === quantity ? [i] : [],
      );
      return (side: string) =>
        rows.map((i) => columns.find(({ name }) => name === side)?.values[i] as number);
    };
    const entropy = await read("attention", "entropy");
    const { means } = await b.headMetrics({ layer: 0 });
    const metric = METRICS.indexOf("entropy");
    const ofLayer = [...means].filter((_, i) => i % METRICS.length === metric);
    assert.deepEqual(entropy("B").slice(0, ofLayer.length), ofLayer);
    const load = (await read("routes", "expert load"))("A");
    const { moeLayers, nExperts } = a.record.model;
    moeLayers.forEach((_, row) => {
      const sum = load.slice(row * nExperts, (row + 1) * nExperts).reduce((x, y) => x + y, 0);
      assert.ok(Math.abs(sum - 1) < 1e-12);
    });
    const flops = (await read("cost", "FLOPs"))("A").slice(-OWN.length);
    assert.deepEqual(
      flops,
      OWN.map((at) => (at < 0 ? NONE : (a.cost().tokens[at]?.flops ?? NONE))),
      "all parts",
    );
  });
});

describe("a comparison", () => {
  test("takes the record of its own runs alone", async () => {
    const edited = await model.run(
      a.tokens.map(({ id }) => id),
      { edits: [zero("blocks.1.attn.hook_z", { head: 1 })] },
    );
    const record = await compare(a, edited);
    const { columns } = await comparison(a, edited, { record }).table("tokens");
    const kl = columns.find(({ name }) => name === "KL divergence")?.values;
    assert.deepEqual([...(kl as Float64Array)], [...record.kl]);
    assert.throws(() => comparison(a, b, { record: { ...record, targets: record.topA } }), {
      name: "TypeError",
      message: /expected what compare\(a, b\) says of these two runs/,
    });
  });

  test("says what it leaves out of other models, and why", async () => {
    const other = await loadModel(inRepository("test/fixtures/hf-random/llama3"), {
      backend: "cpu",
    });
    const picture = comparison(a, await other.run([5, 9, 14]));
    assert.deepEqual(await picture.tableNames(), ["tokens", "cost"]);
    const { missing } = picture.nestable.stateNow() as { missing: readonly string[] };
    assert.ok(missing.some((line) => line.startsWith("attention: the models have other heads")));
    assert.ok(missing.some((line) => line.startsWith("routes: the models have other experts")));
    other.dispose();
  });
});

test("a number of a pair has one sign, infinite ones too", () => {
  const texts = [-1 / 3, 1 / 3, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  assert.deepEqual(
    texts.map((value) => formatPair({ unit: "" }, value, true)),
    ["−0.333333", "+0.333333", "−∞", "+∞"],
  );
});
