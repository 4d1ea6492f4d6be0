import type { LensRecord, RunRecord } from "../../engine/trace/schema.ts";
import { describeValue } from "../render/describeValue.ts";
import { layerOfSite } from "./data.ts";

/** Most cells that travel to a page at once: 20 bytes each. */
const MOST_CELLS = 2 ** 16;

/** @throws TypeError for what is no lens's record, is of another run, or has too many cells */
export function checkLens(lens: LensRecord, { tokens, model }: RunRecord): void {
  if (!Array.isArray(lens?.sites) || !ArrayBuffer.isView(lens.entropyBits))
    throw new TypeError(
      `lensGrid: expected the record of a lens, got ${describeValue(lens)}. Write lensGrid(await lens(run), run).`,
    );
  const { sites, positions, targets } = lens;
  const nCells = sites.length * positions.length;
  if (nCells === 0)
    throw new TypeError(
      `lensGrid: expected sites and positions, got ${sites.length} of the ones and ${positions.length} of the others. Name some to lens.`,
    );
  if (nCells > MOST_CELLS)
    throw new TypeError(
      `lensGrid: expected at most ${MOST_CELLS} cells, got ${sites.length} sites by ${positions.length} positions. Name fewer to lens, as in { positions: [-2, -1] }.`,
    );
  const beyond = [...positions].find((position) => position >= tokens.length);
  if (beyond !== undefined)
    throw new TypeError(
      `lensGrid: expected the run that the lens is of, got one of ${tokens.length} tokens and position ${beyond}. Pass that run.`,
    );
  const unknown = sites.find((site) => (layerOfSite(site) ?? 0) >= model.nLayers);
  if (unknown !== undefined)
    throw new TypeError(
      `lensGrid: expected the run that the lens is of, got a model of ${model.nLayers} layers and ${unknown}. Pass that run.`,
    );
  const strange = [...targets].find((id) => id >= model.nVocab);
  if (strange !== undefined)
    throw new TypeError(
      `lensGrid: expected the run that the lens is of, got a vocabulary of ${model.nVocab} tokens and id ${strange}. Pass that run.`,
    );
}
