import assert from "node:assert/strict";
import { test } from "node:test";
import type { ProgramPart } from "../../engine/backend/backend.ts";
import type { DeviceTensor, Step } from "../../engine/backend/deviceTensor.ts";
import type { ExpertsDown, ExpertsUp, Operator } from "../../engine/backend/operators.ts";
import { createReferenceBackend } from "../../engine/backend/reference/referenceBackend.ts";
import { type BackendKind, ONE_TOKEN, Subject } from "./subject.ts";

const steps = (nTokens: number, start = 0): Step => ({ nTokens, start });
const NO_STEPS: readonly Step[] = [
  steps(0),
  steps(-1),
  steps(1.5),
  steps(Number.NaN),
  steps(Infinity),
  steps(1, -1),
  steps(1, 0.5),
  steps(1, Number.NaN),
  steps(1, Infinity),
  { ...steps(1), row: -1 },
  { ...steps(1), row: 0.5 },
];

export function programContract(kind: BackendKind): void {
  const subject = new Subject(kind);
  const floats = (...shape: number[]) =>
    subject.floats(shape, new Array(shape.reduce((a, b) => a * b, 1)).fill(1));
  const refusedToRun = (code: string, program: readonly Operator[], step: Step = ONE_TOKEN) =>
    subject.refuses(code, () => subject.backend.execute(program, step));

  test("without operators does nothing, and wants a step nevertheless", async () => {
    subject.backend.execute([], ONE_TOKEN);
    subject.backend.execute([], steps(1_000_000, 1_000_000));
    for (const step of NO_STEPS) await refusedToRun("ERR_STEP", [], step);
  });

  test("takes steps that its tensors hold, and no others", async () => {
    const program: Operator[] = [{ kind: "writeRows", x: floats(2, 3), cache: floats(4, 3) }];
    subject.backend.execute(program, steps(2, 2));
    subject.backend.execute(program, steps(1, 3));
    for (const step of [...NO_STEPS, steps(3), steps(2, 3), steps(1, 4), steps(1, 2 ** 32)])
      await refusedToRun("ERR_STEP", program, step);
  });

  test("computes no rows but those of its step", async () => {
    const [a, out] = [floats(3, 2), subject.floats([3, 2], new Array(6).fill(-7))];
    const program: Operator[] = [{ kind: "add", a, b: a, out }];
    subject.backend.execute(program, steps(2));
    assert.deepEqual(await subject.values(out), [2, 2, 2, 2, -7, -7]);
    subject.backend.write(out, 0, new Float32Array(6).fill(-7));
    subject.backend.execute(program, { ...steps(1), row: 1 });
    assert.deepEqual(await subject.values(out), [-7, -7, 2, 2, -7, -7]);
    await refusedToRun("ERR_STEP", program, { ...steps(2), row: 2 });
  });

  test("names the row of an id that does not exist as the tensor counts it", () => {
    const ids = subject.ints([4], [0, 0, 9, 0]);
    const program: Operator[] = [{ kind: "embed", ids, table: floats(2, 1), out: floats(4, 1) }];
    subject.backend.execute(program, { ...steps(1), row: 3 });
    assert.throws(() => subject.backend.execute(program, { ...steps(2), row: 1 }), {
      code: "ERR_INDEX",
      message: /got 9 at row 2\./,
    });
  });

  test("is checked as a whole before its first operator runs", async () => {
    const [x, cache] = [floats(1, 2), subject.floats([2, 2], [3, 4, 5, 6])];
    const first: Operator = { kind: "writeRows", x, cache };
    const freed = floats(1, 2);
    const unfit: [code: string, operator: Operator, step?: typeof ONE_TOKEN][] = [
      ["ERR_SHAPE", { kind: "add", a: x, b: floats(1, 3), out: floats(1, 2) }],
      ["ERR_DTYPE", { kind: "add", a: x, b: subject.ints([1, 2], [1, 2]), out: floats(1, 2) }],
      ["ERR_STEP", { kind: "writeRows", x, cache: floats(1, 2) }, steps(1, 1)],
      ["ERR_TENSOR_FREED", { kind: "add", a: x, b: freed, out: floats(1, 2) }],
    ];
    subject.free(freed);
    for (const [code, operator, step] of unfit) {
      await refusedToRun(code, [first, operator], step);
      await refusedToRun(code, [first, operator], step); // what was prepared the first time changes nothing
    }
    subject.backend.execute([first], ONE_TOKEN);
    assert.deepEqual(await subject.values(cache), [1, 1, 5, 6]);
  });

  test("names operator, field and contract of a tensor that does not fit", async () => {
    const [x, weight, out] = [
      subject.alloc([2, 3], "f32", "hidden"),
      subject.allocWeight([5, 4], "bf16", "w"),
      subject.alloc([2, 5], "f32", "y"),
    ];
    const matmul = { kind: "matmul", rows: "tokens", bias: null, residual: null } as const;
    assert.throws(() => subject.backend.execute([{ ...matmul, x, weight, out }], ONE_TOKEN), {
      code: "ERR_SHAPE",
      message: /^matmul: expected x with 4 elements a row, got f(32|64) \(2, 3\) "hidden"\. /,
    });
  });

  test("writes to no tensor that it reads in the same operator, nor to one twice", async () => {
    const [a, b] = [floats(1, 2), floats(1, 2)];
    await refusedToRun("ERR_SHAPE", [{ kind: "add", a, b, out: a }]);
    await refusedToRun("ERR_SHAPE", [{ kind: "add", a, b, out: b }]);
    await refusedToRun("ERR_SHAPE", [{ kind: "writeRows", x: a, cache: a }]);
    const attention = {
      kind: "attention",
      scale: 1,
      window: null,
      nHeads: 1,
      nKvHeads: 1,
      dKey: 1,
      dValue: 1,
      q: floats(1, 1, 1),
      k: floats(1, 1, 1),
      v: floats(1, 1, 1),
      sinks: null,
      selection: null,
      temperatures: null,
      mask: null,
      out: floats(1, 1, 1),
      moments: null,
    } as const;
    await refusedToRun("ERR_SHAPE", [{ ...attention, lse: attention.out }]);
    const moments = floats(1, 1, 2);
    await refusedToRun("ERR_SHAPE", [{ ...attention, lse: moments, moments }]);
    const out = floats(1, 2);
    subject.backend.execute([{ kind: "add", a, b: a, out }], ONE_TOKEN);
    assert.deepEqual(await subject.values(out), [2, 2]);
  });

  test("has weights only where an operator names one, packed ones only where it takes them", async () => {
    const [x, out, norm] = [floats(1, 64), floats(1, 64), floats(64)];
    for (const dtype of ["f32", "bf16", "f16", "q8_0"] as const) {
      const weight = subject.allocWeight([1, 64], dtype, "packed");
      await refusedToRun("ERR_DTYPE", [{ kind: "add", a: x, b: weight, out }]);
      await refusedToRun("ERR_DTYPE", [{ kind: "add", a: x, b: x, out: weight }]);
      await refusedToRun("ERR_DTYPE", [{ kind: "writeRows", x: weight, cache: out }]);
      const rmsNorm = { kind: "rmsNorm", rows: "tokens", eps: 1e-6, out } as const;
      await refusedToRun("ERR_DTYPE", [{ ...rmsNorm, x: weight, weight: norm }]);
      if (dtype === "q8_0") await refusedToRun("ERR_SHAPE", [{ ...rmsNorm, x, weight }]);
    }
  });

  test("parts have the bits of each alone, at their own steps", async () => {
    const { backend } = subject;
    const x = subject.floats([3, 2], [1, 2, 3, 4, 5, 6]);
    const caches = [0, 1].map(() => subject.floats([3, 2], new Array(6).fill(0)));
    const programs = caches.map((cache): Operator[] => [{ kind: "writeRows", x, cache }]);
    backend.executeParts([
      { program: programs[0]!, step: steps(2, 1) },
      { program: programs[1]!, step: { ...steps(1, 2), row: 2 } },
    ]);
    assert.deepEqual(await subject.values(caches[0]!), [0, 0, 1, 2, 3, 4]);
    assert.deepEqual(await subject.values(caches[1]!), [0, 0, 0, 0, 5, 6]);
    const out = floats(3, 2);
    backend.execute([{ kind: "add", a: caches[0]!, b: caches[1]!, out }], steps(3));
    assert.deepEqual(await subject.values(out), [0, 0, 1, 2, 8, 10]);
  });

  test("takes no parts, and more than one submission holds", async () => {
    const { backend } = subject;
    backend.executeParts([]);
    const x = floats(1, 1);
    const cache = subject.floats([1500, 1], new Array(1500).fill(0));
    const program: Operator[] = [{ kind: "writeRows", x, cache }];
    backend.executeParts(
      Array.from({ length: 1500 }, (_, at) => ({ program, step: steps(1, at) })),
    );
    assert.deepEqual(await subject.values(cache), new Array(1500).fill(1));
  });

  test("checks all parts before the first one runs", async () => {
    const [x, cache] = [floats(1, 2), subject.floats([2, 2], [3, 4, 5, 6])];
    const program: Operator[] = [{ kind: "writeRows", x, cache }];
    const freed = floats(1, 2);
    const good = { program, step: ONE_TOKEN };
    const add: Operator = { kind: "add", a: x, b: x, out: floats(1, 2) };
    const unfit: [code: string, part: ProgramPart][] = [
      ["ERR_STEP", { program, step: steps(1, 2) }],
      ["ERR_STEP", { program, step: steps(0) }],
      ["ERR_TENSOR_FREED", { program: [{ kind: "writeRows", x: freed, cache }], step: ONE_TOKEN }],
      ["ERR_SHAPE", { program: [{ kind: "writeRows", x, cache: x }], step: ONE_TOKEN }],
      ["ERR_SHAPE", { program: [add], step: ONE_TOKEN }],
      ["ERR_SHAPE", { program: [], step: ONE_TOKEN }],
      ["ERR_SHAPE", { program: [...program, add], step: ONE_TOKEN }],
    ];
    subject.free(freed);
    for (const [code, part] of unfit)
      await subject.refuses(code, () => subject.backend.executeParts([good, part]));
    assert.deepEqual(await subject.values(cache), [3, 4, 5, 6]);
  });

  test("runs with live tensors of its own backend alone", async () => {
    const { backend } = subject;
    const [a, b, out] = [floats(1, 2), floats(1, 2), floats(1, 2)];
    const op: Operator = { kind: "add", a, b, out };
    const other = await kind.open();
    const reference = createReferenceBackend();
    const foreign: DeviceTensor[] = [
      other.alloc([1, 2], "f32", "of the same kind"),
      reference.alloc([1, 2], "f32", "of another"),
      { shape: [1, 2], dtype: "f32", label: "of nobody", sizeBytes: 8 },
    ];
    for (const tensor of foreign) {
      await refusedToRun("ERR_FOREIGN_TENSOR", [{ ...op, b: tensor }]);
      await refusedToRun("ERR_FOREIGN_TENSOR", [{ ...op, out: tensor }]);
      const code = "ERR_FOREIGN_TENSOR";
      await subject.refuses(code, () => backend.read(tensor));
      await subject.refuses(code, () => backend.write(tensor, 0, Float32Array.of(1)));
      await subject.refuses(code, () => backend.copy(tensor, 0, a, 0, 1));
      await subject.refuses(code, () => backend.copy(a, 0, tensor, 0, 1));
      await subject.refuses(code, () => backend.free(tensor));
      const bytes = { dtype: "f32", data: new Uint8Array(4) } as const;
      await subject.refuses(code, () => backend.writeWeight(tensor, 0, bytes));
    }
    assert.deepEqual({ ...other.memory }, { tensors: 1, bytes: foreign[0]?.sizeBytes });
    other.dispose();
    backend.execute([op], ONE_TOKEN);
    subject.free(b);
    await refusedToRun("ERR_TENSOR_FREED", [op]);
    await refusedToRun("ERR_TENSOR_FREED", [{ ...op }]);
  });

  const embedding = (ids: DeviceTensor): Extract<Operator, { kind: "embed" }> => {
    const table = subject.floats([3, 2], [1, 2, 3, 4, 5, 6], "table");
    return { kind: "embed", ids, table, out: subject.floats([2, 2], [0, 0, 0, 0]) };
  };

  test("refuses token ids that the table does not have", async () => {
    const { backend } = subject;
    for (const bad of [3, -1, 2 ** 31 - 1, -(2 ** 31)]) {
      const embed = embedding(subject.ints([2], [1, bad]));
      backend.execute([embed], ONE_TOKEN); // the row beyond the step does not count
      assert.throws(() => backend.execute([embed], steps(2)), {
        code: "ERR_INDEX",
        message: `embed: expected token ids from 0 to 2, got ${bad} at row 1. Encode the text with this model's tokenizer.`,
      });
      const copied = embedding(subject.ints([2], [0, 0]));
      backend.copy(embed.ids, 1, copied.ids, 0, 1);
      assert.throws(() => backend.execute([copied], ONE_TOKEN), { code: "ERR_INDEX" });
      backend.write(embed.ids, 1, Int32Array.of(2));
      backend.execute([embed], steps(2));
      assert.deepEqual(await subject.values(embed.out), [3, 4, 5, 6]);
    }
  });

  test("refuses rows of values that an edit does not have, on webgpu NaN where only the device knows", async () => {
    const { backend } = subject;
    const x = subject.floats([2, 3], [1, 2, 3, 4, 5, 6]);
    const values = subject.floats([2, 2], [10, 20, 30, 40]);
    const rows = subject.ints([2], [1, 2]);
    const out = floats(2, 3);
    const columns = { columnStart: 1, columnCount: 2, factor: 1 };
    const edit: Operator = { kind: "edit", action: "add", ...columns, x, rows, values, out };
    backend.execute([edit], ONE_TOKEN); // the row beyond the step does not count
    assert.throws(() => backend.execute([edit], steps(2)), {
      code: "ERR_INDEX",
      message:
        "edit: expected rows below 2, got 2 at 1. Give the tensor that they name as many rows.",
    });
    const zero: Operator = { ...edit, action: "zero", values: null };
    backend.execute([zero], steps(2)); // any number from 0 on changes the row
    assert.deepEqual(await subject.values(out), [1, 0, 0, 4, 0, 0]);
    backend.write(rows, 1, Int32Array.of(-1));
    backend.execute([edit], steps(2));
    assert.deepEqual(await subject.values(out), [1, 32, 43, 4, 5, 6]);
    const made = subject.ints([1, 2], [0, 0]);
    const scores = subject.floats([1, 3], [0, 1, 2]); // so that the best two keys are 1 and 2
    const select: Operator = { kind: "selectKeys", k: 2, scores, indices: made };
    backend.execute([select], steps(1, 2));
    backend.copy(made, 0, rows, 0, 2);
    if (kind.name === "webgpu") {
      backend.execute([edit], steps(2));
      assert.deepEqual(await subject.values(out), [1, 32, 43, 4, Number.NaN, Number.NaN]);
    } else assert.throws(() => backend.execute([edit], steps(2)), { code: "ERR_INDEX" });
  });

  /** Both halves of a layer of one-element experts, three of them, two a token. */
  const experts = (indices: DeviceTensor): [ExpertsUp, ExpertsDown] => {
    const nothing = { gateBias: null, upBias: null, bias: null };
    const [gate, up] = [subject.floats([3, 1, 1], [1, 2, 3]), subject.floats([3, 1, 1], [1, 1, 1])];
    const down = subject.floats([3, 1, 1], [10, 20, 30]);
    const out = () => subject.floats([1, 2, 1], [0, 0]);
    const activation = { kind: "clamped", alpha: 0, limit: 100 } as const; // gate / 2 (up + 1)
    return [
      { kind: "expertsUp", x: floats(1, 1), indices, activation, gate, up, ...nothing, out: out() },
      { kind: "expertsDown", h: floats(1, 2, 1), indices, down, ...nothing, out: out() },
    ];
  };

  test("refuses experts that do not exist", async () => {
    const { backend } = subject;
    for (const bad of [3, -2]) {
      const indices = subject.ints([1, 2], [2, bad]);
      const halves = experts(indices);
      for (const half of halves)
        assert.throws(() => backend.execute([half], ONE_TOKEN), {
          code: "ERR_INDEX",
          message: `${half.kind}: expected expert indices from 0 to 2, or -1 for none, got ${bad} in slot 1. Route the same tokens first.`,
        });
      backend.write(indices, 1, Int32Array.of(0));
      backend.execute(halves, ONE_TOKEN);
      assert.deepEqual(await subject.values(halves[0].out), [3, 1]);
      assert.deepEqual(await subject.values(halves[1].out), [30, 10]);
    }
  });

  test("writes zeros for the expert -1, which is none", async () => {
    for (const half of experts(subject.ints([1, 2], [-1, 2]))) {
      subject.backend.execute([half], ONE_TOKEN);
      assert.deepEqual(await subject.values(half.out), [0, half.kind === "expertsUp" ? 3 : 30]);
    }
  });

  test("that made indices itself: those that do not exist are refused, on webgpu their rows are NaN", async () => {
    const { backend } = subject;
    const indices = subject.ints([1, 2], [7, 7]);
    const scores = subject.floats([1, 4], [2, 1, 0, 2]); // keys 0 and 3 are the best
    const last = { nTokens: 1, start: 3 };
    const select: Operator = { kind: "selectKeys", k: 2, scores, indices };
    for (const half of experts(indices)) {
      backend.write(indices, 0, Int32Array.of(7, 7)); // the host's own word on them no longer counts
      const value = half.kind === "expertsUp" ? 1 : 10;
      if (kind.name === "webgpu") {
        backend.execute([select, half], last);
        backend.execute([half], ONE_TOKEN);
        assert.deepEqual(await subject.values(half.out), [value, Number.NaN]);
      } else assert.throws(() => backend.execute([select, half], last), { code: "ERR_INDEX" });
    }
    const embed = embedding(subject.ints([2], [9, 9]));
    backend.copy(indices, 0, embed.ids, 0, 2);
    assert.deepEqual(await subject.values(embed.ids), [0, 3]);
    if (kind.name === "webgpu") {
      backend.execute([embed], steps(2));
      assert.deepEqual(await subject.values(embed.out), [1, 2, Number.NaN, Number.NaN]);
    } else assert.throws(() => backend.execute([embed], steps(2)), { code: "ERR_INDEX" });
    backend.write(embed.ids, 1, Int32Array.of(2));
    backend.execute([embed], steps(2));
    assert.deepEqual(await subject.values(embed.out), [1, 2, 5, 6]);
  });
}
