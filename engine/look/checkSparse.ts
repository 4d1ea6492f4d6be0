import { InputError } from "../base/errors.ts";
import type { RunState } from "./runState.ts";

/**
 * What keys that were not chosen would have had is asked of a layer that chooses keys, and whose maps nobody edits.
 * @throws InputError ERR_SELECTION
 */
export function checkSparse(what: string, { device, edits }: RunState, layer: number): void {
  const attention = device.spec.layers[layer]?.attention;
  if (attention === undefined)
    throw new InputError(
      "ERR_SELECTION",
      `${what}: expected a layer from 0 to ${device.spec.nLayers - 1}, got ${layer}. Choose what exists in this run.`,
    );
  if (attention.kind !== "mla" || attention.indexer === null)
    throw new InputError(
      "ERR_SELECTION",
      `${what}: expected a layer with sparse attention, got layer ${layer}, whose queries see all keys. Choose a layer with an indexer, as DeepSeek-V3.2 has them.`,
    );
  if (edits?.changes.maps.some((change) => change.layer === layer))
    throw new InputError(
      "ERR_SELECTION",
      `${what}: expected scores and a pattern that no edit changes, got edits of those of layer ${layer}: what other keys would be given is not known. Choose another layer, or run the prompt without these edits.`,
    );
}
