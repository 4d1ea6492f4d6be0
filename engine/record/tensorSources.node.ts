import { absorbedQuery } from "../look/absorbedQuery.ts";
import { partsOf, type Run, type RunParts } from "../look/run.ts";
import { onDevice, type RunState, specOf } from "../look/runState.ts";
import { layerOf } from "../model/layerOf.ts";
import type { MlaSpec } from "../model/spec.ts";
import { type HostArray, Tensor } from "../tensor/tensor.ts";
import type { TensorSource } from "../weights/writeSafetensors.node.ts";
import type { ChosenTensors } from "./chooseTensors.ts";
import { planValues, recordedShape } from "./planValues.ts";
import { readValue } from "./readValue.ts";
import { OWN } from "./tensorNames.ts";

/** A run's tensors for a file; numbers are read when they are written. */
export function tensorSources(
  run: Run,
  chosen: ChosenTensors,
  ofEdits: ReadonlyMap<string, Tensor>,
): TensorSource[] {
  const { state } = partsOf(run);
  return [
    ...valueSources(state, chosen),
    ...chosen.absorbed.map((layer) => absorbedSource(state, layer)),
    ...chosen.whole.map((site) => {
      const shape = site.shape.map((axis) => (typeof axis === "number" ? axis : state.nTokens));
      const read = () => run.get(site.name);
      return lazy(OWN.site(site.name), floatsOf(state), shape, read);
    }),
    ...hostSources(partsOf(run), chosen.logits),
    ...[...ofEdits].map(([name, tensor]) => eager(name, tensor)),
  ];
}

function valueSources(state: RunState, { values }: ChosenTensors): TensorSource[] {
  const planned = planValues(specOf(state));
  const chosen = new Set(values);
  return [...planned.values()]
    .filter(({ name }) => chosen.has(name))
    .map((value) => {
      const dtype = value.dtype === "i32" ? "I32" : floatsOf(state);
      return lazy(value.name, dtype, recordedShape(value, state.nTokens), () =>
        readValue(state, value),
      );
    });
}

function absorbedSource(state: RunState, layer: number): TensorSource {
  const attention = layerOf(specOf(state), layer).attention as MlaSpec;
  const shape = [state.nTokens, attention.nHeads, attention.kvLoraRank + attention.dRope];
  const count = shape.reduce((a, b) => a * b, 1);
  return lazy(OWN.absorbed(layer), floatsOf(state), shape, () =>
    onDevice(state, async () => {
      const query = absorbedQuery(state, attention, layer);
      return new Tensor(await state.device.backend.read(query, 0, count), shape);
    }),
  );
}

/** What the run has on the host. */
function hostSources({ state }: RunParts, positions: readonly number[]): TensorSource[] {
  const { logits, logProbs, rejectedRoutes, steps, device } = state;
  const { nVocab } = device.spec;
  const joined = () => {
    const rows = positions.map((position) => logits.get(position) as HostArray);
    const Numbers = floatsOf(state) === "F64" ? Float64Array : Float32Array;
    const all = new Numbers(positions.length * nVocab);
    rows.forEach((row, i) => {
      all.set(row, i * nVocab);
    });
    return new Tensor(all, [positions.length, nVocab]);
  };
  const at = Int32Array.from(positions);
  return [
    lazy(OWN.logits, floatsOf(state), [positions.length, nVocab], async () => joined()),
    eager(OWN.logitPositions, new Tensor(at, [at.length])),
    eager(OWN.logProbs, new Tensor(logProbs, [logProbs.length])),
    eager(OWN.rejectedRoutes, new Tensor(rejectedRoutes, [rejectedRoutes.length])),
    ...steps.flatMap(({ profile }, i) => {
      if (profile === undefined) return [];
      const { startNs, durationNs } = profile.times;
      return [
        eager(OWN.times(i, "start_ns"), new Tensor(startNs, [startNs.length])),
        eager(OWN.times(i, "duration_ns"), new Tensor(durationNs, [durationNs.length])),
      ];
    }),
  ];
}

function floatsOf({ device }: RunState): "F32" | "F64" {
  return device.backend.info.name === "reference" ? "F64" : "F32";
}

function lazy(
  name: string,
  dtype: TensorSource["dtype"],
  shape: readonly number[],
  read: () => Promise<Tensor>,
): TensorSource {
  return { name, dtype, shape, data: async () => (await read()).data };
}

function eager(name: string, { data, shape, dtype }: Tensor): TensorSource {
  const stored = ({ f32: "F32", f64: "F64", i32: "I32" } as const)[dtype];
  return { name, dtype: stored, shape, data: () => data };
}
