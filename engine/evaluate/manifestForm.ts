import { InputError, RecordError } from "../base/errors.ts";
import {
  anything,
  DAMAGED,
  list,
  named,
  nullable,
  object,
  oneOf,
  sha256,
  text,
  whole,
} from "../record/schema.ts";
import type { EvaluationManifest } from "./manifest.ts";

const OPTIONS = { seed: whole(0), epochs: whole(1), passAt: list(whole(1)), resamples: whole(1) };

const MANIFEST = object(
  {
    kind: oneOf("vitrine evaluation"),
    version: oneOf(1),
    task: object({
      ...{ name: text, samples: whole(1), content: sha256, ids: nullable(sha256) },
      ...{ scorer: text, metrics: named(text) },
    }),
    model: object({ name: text, weights: nullable(sha256), hash: nullable(text) }),
    vitrine: text,
    backend: object({
      ...{ name: text, arithmetic: text, device: nullable(text), driver: nullable(text) },
    }),
    arms: list(
      object({
        ...{ edits: nullable(text), thinking: nullable(text) },
        ...{ editList: list(anything), thinkingRule: anything },
      }),
    ),
    options: named(anything),
    shard: object({ index: whole(0), of: whole(1) }),
  },
  // Of before they were kept there are folders without.
  { node: text, source: nullable(object({ id: nullable(text), source: text })) },
);

/**
 * Holds the manifest of an evaluation against its form.
 * @param place the file, for messages
 * @throws InputError ERR_EVALUATION
 */
export function checkEvaluationManifest(json: unknown, place: string): EvaluationManifest {
  try {
    MANIFEST(json, place);
    const manifest = json as EvaluationManifest;
    for (const [name, check] of Object.entries(OPTIONS))
      check(manifest.options[name], `${place}.options.${name}`);
    return manifest;
  } catch (error) {
    if (!(error instanceof RecordError)) throw error;
    const message = error.message.replace(
      DAMAGED,
      "Evaluate into another folder, or read this one with the version that wrote it.",
    );
    throw new InputError("ERR_EVALUATION", message, { cause: error });
  }
}
