import { InputError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import { shown } from "./evaluateErrors.ts";
import type { EvaluationManifest } from "./manifest.ts";

/** Where two evaluations part. */
export interface ManifestDifference {
  readonly path: string;
  readonly first: unknown;
  readonly second: unknown;
}

/**
 * The first field in which they differ; null where they are of one evaluation, whatever cell began it and however many samples went at
 * once. Manifests of version 1 do not say in which dtypes weights lay, so that one and a later one may be of different evaluations; a server's weights
 * are known to neither.
 */
export function differenceBetween(
  kept: EvaluationManifest,
  asked: EvaluationManifest,
): ManifestDifference | null {
  const isOfServer = kept.model.weights === null && asked.model.weights === null;
  const told = kept.version !== asked.version && isOfServer ? asVersion1 : whatTells;
  return firstDifference(told(kept), told(asked));
}

/** Refuses parts of different evaluations. @throws InputError ERR_EVALUATION that names the first field in which they differ */
export function assertSameEvaluation(
  place: string,
  kept: EvaluationManifest,
  asked: EvaluationManifest,
): void {
  const difference = differenceBetween(kept, asked);
  if (difference !== null) throw otherEvaluation(place, difference);
}

/**
 * @param place the folder, for the message
 * @param who worked on the one that is there, as a sentence
 */
export function otherEvaluation(
  place: string,
  { path, first, second }: ManifestDifference,
  who = "",
): InputError {
  const fix =
    path === "version"
      ? "Version 1 does not say in which dtypes weights lay on the device, so that the two may not be one evaluation: evaluate into another folder."
      : "Evaluate into another folder, or ask for the same.";
  return new InputError(
    "ERR_EVALUATION",
    `${place}: expected the evaluation that was begun there, with ${path} ${shown(first)}, got ${shown(second)}. ${who === "" ? fix : `${fix} ${who}`}`,
  );
}

type Told = Omit<EvaluationManifest, "source" | "batch" | "unknown">;

function whatTells(manifest: EvaluationManifest): Told {
  const { source: _, batch: __, unknown: ___, ...told } = manifest;
  return told;
}

/** What a manifest of version 1 says, of any. */
export function asVersion1(manifest: EvaluationManifest): Told {
  const { prompt: _, sampler: __, ...told } = whatTells(manifest);
  const { weight_dtypes: ___, files: ____, ...model } = told.model;
  return { ...told, version: 1, model };
}

/** The first value in which two trees differ, by its path. */
export function firstDifference(
  first: unknown,
  second: unknown,
  path = "",
): ManifestDifference | null {
  const isTree = (value: unknown) => typeof value === "object" && value !== null;
  if (!isTree(first) || !isTree(second))
    return Object.is(first, second) ? null : { path: path.slice(1), first, second };
  const [some, others] = [first as JsonObject, second as JsonObject];
  for (const name of new Set([...Object.keys(some), ...Object.keys(others)])) {
    const found = firstDifference(some[name], others[name], `${path}.${name}`);
    if (found !== null) return found;
  }
  return null;
}
