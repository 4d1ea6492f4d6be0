import type { AttributionRecord, RunRecord } from "../../engine/trace/schema.ts";
import { describeValue } from "../render/describeValue.ts";

/** @throws TypeError for what is no attribution, or one of another run */
export function checkAttribution(record: AttributionRecord, { tokens, model }: RunRecord): void {
  if (!Array.isArray(record?.parts) || typeof record.logit !== "number")
    throw new TypeError(
      `attributionBars: expected the record of an attribution, got ${describeValue(record)}. Write attributionBars(await attribution(run, target), run).`,
    );
  const { position, target, parts, sources } = record;
  const wrong = (got: string): TypeError =>
    new TypeError(
      `attributionBars: expected the run that the attribution is of, got ${got}. Pass that run.`,
    );
  if (position >= tokens.length)
    throw wrong(`one of ${tokens.length} tokens and position ${position}`);
  if (target >= model.nVocab)
    throw wrong(`a vocabulary of ${model.nVocab} tokens and id ${target}`);
  const beyond = parts.find(({ layer }) => layer !== null && layer >= model.nLayers);
  if (beyond !== undefined)
    throw wrong(`a model of ${model.nLayers} layers and a part of layer ${beyond.layer}`);
  const nHeads = parts.filter(({ kind }) => kind === "head").length;
  if (sources !== null && sources.length !== nHeads * (position + 1))
    throw new TypeError(
      `attributionBars: expected sources of ${nHeads} heads by ${position + 1} positions, got ${sources.length} numbers. Pass the record as attribution gave it.`,
    );
}
