import { InputError, RecordError } from "../base/errors.ts";
import { isObject } from "../base/json.ts";
import {
  anything,
  DAMAGED,
  flag,
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

const COMMON = {
  kind: oneOf("vitrine evaluation"),
  task: object({
    ...{ name: text, samples: whole(1), content: sha256, ids: nullable(sha256) },
    ...{ scorer: text, metrics: named(text) },
  }),
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
};
const MODEL = { name: text, weights: nullable(sha256), hash: nullable(text) };
const SOURCE = nullable(object({ id: nullable(text), source: text }));

const VERSION_1 = object(
  { ...COMMON, version: oneOf(1), model: object(MODEL) },
  // Of before they were kept there are folders without.
  { node: text, source: SOURCE },
);

const VERSION_2 = object({
  ...{ ...COMMON, version: oneOf(2), node: text, source: SOURCE },
  model: object({
    ...MODEL,
    weight_dtypes: nullable(named(whole(1))),
    files: nullable(list(object({ name: text, sha256 }))),
  }),
  prompt: object({
    from: oneOf("text", "tokens", "chat"),
    encoder: nullable(oneOf("jinja", "deepseek_v32")),
    ...{ template: nullable(text), template_sha256: nullable(sha256) },
  }),
  sampler: nullable(object({ algorithm: oneOf("pcg32"), seed: whole(0) })),
  batch: object({ at_once: whole(1), share_prefix: flag }),
  unknown: named(text),
});

/**
 * Holds the manifest of an evaluation against the form of its version; a later one is refused.
 * @param place the file, for messages
 * @throws InputError ERR_EVALUATION
 */
export function checkEvaluationManifest(json: unknown, place: string): EvaluationManifest {
  try {
    const { version } = isObject(json) ? json : {};
    if (version !== 1 && version !== 2) object({ version: oneOf(1, 2) })({ version }, place);
    if (version === 1) VERSION_1(json, place);
    else VERSION_2(json, place);
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
