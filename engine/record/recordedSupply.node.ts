import { absorbedName } from "../look/absorbedQuery.ts";
import { onDevice, type RunState, specOf } from "../look/runState.ts";
import type { RunSupply } from "../look/runSupply.ts";
import type { Site } from "../plan/sites/site.ts";
import { Tensor } from "../tensor/tensor.ts";
import { isComputed } from "./isComputed.ts";
import { isLaterValue } from "./isLaterValue.ts";
import { notRecorded } from "./recordErrors.ts";
import type { RecordTensors } from "./recordTensors.node.ts";
import { OWN } from "./tensorNames.ts";

/** A run's numbers come from its record, when they are first asked for; what is not there is refused by its name. */
export function recordedSupply(state: RunState, tensors: RecordTensors): RunSupply {
  const has = (value: string) => state.storage.get(value) !== undefined || tensors.has(value);
  const isThere = (site: Site): boolean => {
    if (site.source.kind === "logits") return state.logits.size === state.nTokens;
    if (isComputed(site)) return tensors.has(OWN.site(site.name));
    const further = ofMap(state, site);
    return (
      site.needs.every((value) => has(value) || isLaterValue(value)) &&
      (further === null || tensors.has(further.name))
    );
  };
  const load = async (name: string, as: string): Promise<void> => {
    if (state.storage.get(as) !== undefined) return;
    const { data, shape, dtype } = await tensors.read(name);
    await onDevice(state, async () => {
      const tensor = state.storage.alloc(as, shape, dtype === "i32" ? "i32" : "f32");
      state.device.backend.write(tensor, 0, data);
    });
  };
  return {
    check: (site) => {
      if (site.source.kind !== "logits" && !isThere(site)) throw lacking(site);
    },
    bring: async ({ capture = new Set(), logits = [] }, sites) => {
      const [site] = sites;
      const position = logits.find((position) => !state.logits.has(position));
      if (position !== undefined && site) throw lacking(site, ` of position ${position}`);
      for (const value of capture)
        if (!isLaterValue(value) || tensors.has(value)) await load(value, value);
      for (const site of sites) {
        const further = ofMap(state, site);
        if (further !== null) await load(further.name, further.as);
      }
    },
    whole: async (site) => {
      if (!isComputed(site)) return null;
      const { data, shape } = await tensors.read(OWN.site(site.name));
      return new Tensor(data, shape, site.dims);
    },
    isBrought: (site) => {
      const further = ofMap(state, site);
      return further === null || state.storage.get(further.as) !== undefined;
    },
    stateOf: (site) => {
      if (!isThere(site)) return "unrecorded";
      return site.availability === "recomputed" && !isComputed(site) ? "recomputed" : "recorded";
    },
  };
}

/** The record's tensor that a map is read or recomputed from beside plan values, and what it is stored as; null: none. */
function ofMap(
  state: RunState,
  { name, source }: Site,
): { readonly name: string; readonly as: string } | null {
  if (source.kind !== "pattern" && source.kind !== "scores") return null;
  if (state.edits?.kept.includes(name) === true) return { name, as: name };
  if (specOf(state).layers[source.layer]?.attention.kind !== "mla") return null;
  return { name: OWN.absorbed(source.layer), as: absorbedName(source.layer) };
}

function lacking({ name }: Site, which = "") {
  return notRecorded(name, {
    expected: `numbers${which} in the record`,
    got: "none",
    fix: `Load the model, and save the run with sites: ${JSON.stringify(name)}.`,
  });
}
