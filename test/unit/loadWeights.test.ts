import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { Backend, WeightBytes } from "../../engine/backend/backend.ts";
import { createCpuBackend } from "../../engine/backend/cpu/cpuBackend.ts";
import type { DeviceTensor } from "../../engine/backend/deviceTensor.ts";
import { ReferenceBackend } from "../../engine/backend/reference/referenceBackend.ts";
import { AbortedError, WeightsError } from "../../engine/base/errors.ts";
import { keyHalf, valueHalf } from "../../engine/model/architectures/names.ts";
import { gatherView } from "../../engine/model/gatherView.ts";
import { loadWeights } from "../../engine/model/loadWeights.ts";
import { normalizeConfig } from "../../engine/model/normalizeConfig.ts";
import type { LayerSpec } from "../../engine/model/spec.ts";
import { compilePlan } from "../../engine/plan/compilePlan.ts";
import type { Checkpoint, TensorEntry } from "../../engine/weights/checkpoint.ts";
import { openCheckpoint } from "../../engine/weights/openCheckpoint.node.ts";

const folder = fileURLToPath(new URL("../fixtures/hf-random/deepseek_v3/", import.meta.url));
const NORM = "model.layers.1.input_layernorm.weight";
const EXPERT = "model.layers.1.mlp.experts.3.up_proj.weight";

type Change = (tensors: Map<string, TensorEntry>) => void;

/** Loads the reference checkpoint after its directory of tensors was changed. */
async function load(
  change: Change,
  backend: Backend = new ReferenceBackend(),
  signal?: AbortSignal,
  onRead: (name: string) => void = () => undefined,
) {
  const real = await openCheckpoint(folder);
  try {
    const tensors = new Map(real.tensors);
    change(tensors);
    const checkpoint = Object.create(real, { tensors: { value: tensors } }) as Checkpoint;
    Object.defineProperty(checkpoint, "readInto", {
      value: (...range: Parameters<Checkpoint["readInto"]>) => {
        onRead(range[0]);
        return real.readInto(...range);
      },
    });
    const plan = compilePlan(normalizeConfig(real.config));
    return await loadWeights(checkpoint, plan, backend, { signal });
  } finally {
    await real.close();
  }
}

function alter(name: string, change: Partial<TensorEntry>): Change {
  return (tensors) => {
    const entry = tensors.get(name);
    assert.ok(entry, name);
    tensors.set(name, { ...entry, ...change });
  };
}

function fails(code: string, ...parts: string[]) {
  return (error: unknown) =>
    error instanceof WeightsError &&
    error.code === code &&
    parts.every((part) => error.message.includes(part));
}

describe("loadWeights", () => {
  it("names the tensors that are missing and counts the rest", async () => {
    const cut: Change = (tensors) => {
      for (const name of [...tensors.keys()]) if (name.includes(".experts.")) tensors.delete(name);
    };
    await assert.rejects(load(cut), fails("ERR_TENSOR_MISSING", ".experts.0.", "90 more"));
  });

  it("refuses a tensor of another shape before anything is on the device", async () => {
    const backend = new ReferenceBackend();
    await assert.rejects(
      load(alter(NORM, { shape: [63] }), backend),
      fails("ERR_TENSOR_SHAPE", NORM, "(64)", "(63)"),
    );
    assert.equal(backend.memory.tensors, 0);
  });

  it("refuses a dtype it cannot read, and experts of one layer in two dtypes", async () => {
    await assert.rejects(
      load(alter(NORM, { dtype: "F8_E4M3" })),
      fails("ERR_TENSOR_DTYPE", NORM, "F8_E4M3"),
    );
    await assert.rejects(
      load(alter(EXPERT, { dtype: "BF16" })),
      fails("ERR_TENSOR_DTYPE", "model.layers.1.mlp.experts.", "f32", "bf16"),
    );
  });

  it("refuses tensors whose absence would change the output, and leaves out the draft layer's", async () => {
    const extra =
      (...names: string[]): Change =>
      (tensors) => {
        for (const name of names) tensors.set(name, { ...(tensors.get(NORM) as TensorEntry) });
      };
    const bias = "model.layers.0.self_attn.o_proj.bias";
    await assert.rejects(load(extra(bias)), fails("ERR_TENSOR_UNEXPECTED", bias));
    const drafting = ["model.layers.3.enorm.weight", "model.layers.3.eh_proj.weight"];
    const { ignored } = await load(extra(...drafting));
    assert.deepEqual(ignored, drafting);
    const layer = "model.layers.3.input_layernorm.weight"; // of a model cut short by its config.json
    await assert.rejects(load(extra(layer)), fails("ERR_TENSOR_UNEXPECTED", layer));
  });

  it("refuses a model that does not fit by name and size, before anything is read", async () => {
    const backend = await createCpuBackend({ maxMemoryBytes: 2 ** 20, threads: 1 });
    const read: string[] = [];
    await assert.rejects(
      load(
        () => undefined,
        backend,
        undefined,
        (name) => read.push(name),
      ),
      { code: "ERR_OUT_OF_MEMORY", message: /expected \d+ bytes for "[^"]+" within the 1048576 / },
    );
    assert.deepEqual(read, []);
    assert.equal(backend.memory.tensors, 0);
    backend.dispose();
  });

  it("frees what it allocated when it is stopped half way", async () => {
    const backend = new ReferenceBackend();
    const controller = new AbortController();
    const allocWeight = backend.allocWeight.bind(backend);
    let count = 0;
    backend.allocWeight = (
      shape: readonly number[],
      dtype: WeightBytes["dtype"],
      label: string,
    ): DeviceTensor => {
      if (++count === 5) controller.abort();
      return allocWeight(shape, dtype, label);
    };
    await assert.rejects(
      load(() => undefined, backend, controller.signal),
      AbortedError,
    );
    assert.ok(count >= 5);
    assert.equal(backend.memory.tensors, 0);
  });
});

describe("kv_b_proj", () => {
  const sizes = { kind: "mla", nHeads: 2, kvLoraRank: 3, dNope: 2, dValue: 1 };
  const layer = { attention: sizes } as unknown as LayerSpec;
  const source = Uint16Array.from({ length: 18 }, (_, i) => i); // (H(P+V), C)

  it("gives keys as (H, C, P), transposed per head", () => {
    const shape = [2, 3, 2];
    const key = gatherView(source, new Uint16Array(12), shape, keyHalf(shape, layer));
    assert.deepEqual([...key], [0, 3, 1, 4, 2, 5, 9, 12, 10, 13, 11, 14]);
  });

  it("gives values as (H, V, C)", () => {
    const shape = [2, 1, 3];
    const value = gatherView(source, new Uint16Array(6), shape, valueHalf(shape, layer));
    assert.deepEqual([...value], [6, 7, 8, 15, 16, 17]);
  });
});
