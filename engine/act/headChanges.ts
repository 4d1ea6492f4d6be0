import { layerOf } from "../model/layerOf.ts";
import type { ModelSpec } from "../model/spec.ts";
import type { AttentionChange, PlanConstant, PositionMask } from "../plan/planChanges.ts";
import { editError } from "./checkEdit.ts";
import type { HeadsEdit } from "./edit.ts";
import type { SequenceLength } from "./editedPositions.ts";
import type { NamedEdit } from "./expertChanges.ts";

interface Changes {
  readonly attentions: AttentionChange[];
  readonly constants: Map<string, PlanConstant>;
  readonly masks: Map<string, PositionMask>;
}

/** @throws InputError ERR_EDIT for a layer or a head that does not exist */
export function checkHead({ what, edit }: NamedEdit<HeadsEdit>, spec: ModelSpec): void {
  const { layer, head } = edit;
  if (layer >= spec.nLayers)
    throw editError(
      what,
      `a layer from 0 to ${spec.nLayers - 1}`,
      String(layer),
      "Choose one that exists.",
    );
  const { nHeads } = layerOf(spec, layer).attention;
  if (head >= nHeads)
    throw editError(
      what,
      `a head from 0 to ${nHeads - 1}`,
      String(head),
      "Choose one that exists.",
    );
}

/**
 * Edges that are hidden and temperatures, for the attention of each layer.
 * @throws InputError ERR_EDIT for positions that do not exist and for two edits of the same numbers
 */
export function headChanges(
  edits: readonly NamedEdit<HeadsEdit>[],
  spec: ModelSpec,
  length: SequenceLength,
): Changes {
  const changes: Changes = { attentions: [], constants: new Map(), masks: new Map() };
  const scoring = edits.filter(
    ({ edit }) => edit.edge !== undefined || edit.temperature !== undefined,
  );
  for (const layer of new Set(scoring.map(({ edit }) => edit.layer))) {
    const own = scoring.filter(({ edit }) => edit.layer === layer);
    const name = `edits.heads.${layer}`;
    const { nHeads } = layerOf(spec, layer).attention;
    const temperatures = temperaturesOf(own, nHeads);
    if (temperatures !== null) changes.constants.set(`${name}.temperatures`, temperatures);
    const mask = maskOf(own, nHeads, length);
    if (mask !== null) changes.masks.set(`${name}.mask`, mask);
    changes.attentions.push({
      layer,
      temperatures: temperatures === null ? null : `${name}.temperatures`,
      mask: mask === null ? null : `${name}.mask`,
    });
  }
  return changes;
}

function temperaturesOf(
  edits: readonly NamedEdit<HeadsEdit>[],
  nHeads: number,
): PlanConstant | null {
  const data = new Float64Array(nHeads).fill(1);
  const owner = new Map<number, string>();
  for (const { what, edit } of edits) {
    if (edit.temperature === undefined) continue;
    const other = owner.get(edit.head);
    if (other !== undefined)
      throw editError(
        what,
        `one temperature for head ${edit.head}`,
        `another in ${other}`,
        "Leave one of them out.",
      );
    owner.set(edit.head, what);
    data[edit.head] = edit.temperature;
  }
  return owner.size === 0 ? null : { shape: [nHeads], data };
}

function maskOf(
  edits: readonly NamedEdit<HeadsEdit>[],
  nHeads: number,
  { capacity }: SequenceLength,
): PositionMask | null {
  const words = Math.ceil(capacity / 32);
  const hidden = new Map<number, Int32Array>(); // by query * nHeads + head
  for (const { what, edit } of edits) {
    if (edit.edge === undefined) continue;
    const [query, key] = edit.edge;
    if (query >= capacity)
      throw editError(
        what,
        `a query from 0 to ${capacity - 1}`,
        String(query),
        "Choose positions that the sequence has.",
      );
    const place = query * nHeads + edit.head;
    const bits = hidden.get(place) ?? new Int32Array(words);
    const bit = 1 << (key & 31);
    if (((bits[key >> 5] ?? 0) & bit) !== 0)
      throw editError(
        what,
        "each edge once",
        `[${edit.edge.join(", ")}] again`,
        "Leave one of them out.",
      );
    bits[key >> 5] = (bits[key >> 5] ?? 0) | bit;
    hidden.set(place, bits);
  }
  if (hidden.size === 0) return null;
  const data = new Int32Array(capacity * nHeads).fill(-1);
  const bits = new Int32Array(hidden.size * words);
  [...hidden].forEach(([place, row], i) => {
    data[place] = i;
    bits.set(row, i * words);
  });
  return { nHeads, words, bits, rows: { width: nHeads, data } };
}
