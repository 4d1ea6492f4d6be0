import type { BackendInfo } from "../backend/backend.ts";
import type { SourceCell } from "../base/hostCell.ts";
import type { JsonObject } from "../base/json.ts";
import type { RunMade } from "../look/runMade.ts";
import type { ModelSpec } from "../model/spec.ts";
import { KEEPS, type Keep } from "../plan/keptValues.ts";
import type { PromptOrigin } from "../template/promptOrigin.ts";
import type { BackendRecord, ModelRecord } from "../trace/schema.ts";
import type { ModelFile } from "./modelFile.ts";
import { malformed } from "./recordErrors.ts";
import {
  anything,
  flag,
  list,
  named,
  nullable,
  number,
  object,
  oneOf,
  sha256,
  text,
  whole,
} from "./schema.ts";
import { modelSpec } from "./specSchema.ts";

/** What was left out of a record, and how it is kept. */
export interface LeftOut {
  readonly what: string;
  readonly bytes: number;
  readonly fix: string;
}

/** What the manifest says of a run. */
export interface RunContent {
  readonly run_id: string;
  readonly model: {
    readonly name: string;
    readonly location: string;
    /** Over the configuration and every byte of the weights, as `hashModel` gives it. */
    readonly weights_sha256: string;
    /** How many weights lay on the device in each form. */
    readonly weight_dtypes: Readonly<Record<string, number>>;
    /** Tokenizer, template and generation settings, as far as they are files. */
    readonly files: readonly ModelFile[];
    readonly record: ModelRecord;
    readonly spec: ModelSpec;
  };
  readonly backend: BackendRecord;
  /** What times of operators were measured with. */
  readonly operator_times: BackendInfo["operatorTimes"];
  readonly prompt: PromptOrigin & { readonly template_sha256: string | null };
  readonly made_by: RunMade["by"];
  /** Every option but the edits, defaults written out. */
  readonly options: JsonObject;
  /** Null where nothing was drawn. */
  readonly sampler: { readonly algorithm: "pcg32"; readonly seed: number } | null;
  readonly eos_ids: readonly number[];
  /** With `{ tensor }` in the place of numbers that are tensors of the record. */
  readonly edits: readonly JsonObject[];
  /** Plan values that were captured from the start: no fusion swallowed them. */
  readonly observed: readonly string[];
  readonly sizes: {
    readonly n_tokens: number;
    readonly n_prompt: number;
    readonly capacity: number;
    readonly rows: number;
    readonly chunk_size: number;
  };
  /** The others of the batch that it was part of; null: it went alone. */
  readonly batch: {
    readonly index: number | null;
    readonly n_prompts: number | null;
    readonly at_once: number;
    readonly share_prefix: boolean;
  } | null;
  readonly keep: Keep;
  /** The prompt's tokens have log probabilities. */
  readonly prompt_logprobs: boolean;
  readonly logit_rows: readonly number[];
  readonly left_out: readonly LeftOut[];
  readonly source: SourceCell | null;
}

const record = object({
  name: text,
  architecture: text,
  hash: text,
  nLayers: whole(1),
  nHeads: whole(0),
  headsByLayer: list(whole(0)),
  dModel: whole(1),
  nVocab: whole(1),
  contextLength: whole(1),
  moeLayers: list(whole(0)),
  nExperts: whole(0),
  nExpertsPerToken: whole(0),
  totalParameters: whole(0),
  activeParameters: whole(0),
  draftParameters: whole(0),
});

const CONTENT = object({
  run_id: text,
  model: object({
    name: text,
    location: text,
    weights_sha256: sha256,
    weight_dtypes: named(whole(1)),
    files: list(object({ name: text, sha256 })),
    record,
    spec: modelSpec,
  }),
  backend: object({
    name: oneOf("webgpu", "cpu", "reference"),
    device: text,
    driver: text,
    arithmetic: oneOf("exact", "i16", "i8"),
  }),
  operator_times: nullable(oneOf("timestamps", "clock")),
  prompt: object({
    from: oneOf("text", "tokens", "chat"),
    text: nullable(text),
    encoder: nullable(oneOf("jinja", "deepseek_v32")),
    template: nullable(text),
    template_sha256: nullable(sha256),
  }),
  made_by: oneOf("run", "generate", "step"),
  options: named(anything),
  sampler: nullable(object({ algorithm: oneOf("pcg32"), seed: whole(0) })),
  eos_ids: list(whole(0)),
  edits: list(named(anything)),
  observed: list(text),
  sizes: object({
    n_tokens: whole(1, 2 ** 31),
    n_prompt: whole(1, 2 ** 31),
    capacity: whole(1, 2 ** 31),
    rows: whole(1, 2 ** 31),
    chunk_size: whole(1, 2 ** 31),
  }),
  batch: nullable(
    object({
      index: nullable(whole(0)),
      n_prompts: nullable(whole(1)),
      at_once: whole(1),
      share_prefix: flag,
    }),
  ),
  keep: oneOf(...KEEPS),
  prompt_logprobs: flag,
  logit_rows: list(whole(0)),
  left_out: list(object({ what: text, bytes: number, fix: text })),
  source: nullable(object({ id: nullable(text), source: text })),
});

/** @throws RecordError ERR_RECORD */
export function checkRunContent(content: JsonObject, place: string): RunContent {
  CONTENT(content, `${place}.content`);
  const checked = content as unknown as RunContent;
  const { model, sizes } = checked;
  const { spec } = model;
  const damaged = (where: string, expected: string, got: string | number) =>
    malformed(`${place}.content.${where}`, {
      ...{ expected, got: String(got) },
      fix: "The record is damaged; save the run again.",
    });
  if (spec.layers.length !== spec.nLayers)
    throw damaged("model.spec.layers", `${spec.nLayers} layers`, spec.layers.length);
  const wrong = [...spec.layers, ...(spec.mtp ? [spec.mtp.layer] : [])].find(
    ({ rope }) => rope !== null && rope >= spec.ropes.length,
  );
  if (wrong !== undefined)
    throw damaged("model.spec.layers", `rotations below ${spec.ropes.length}`, wrong.rope ?? "");
  if (model.record.nVocab !== spec.nVocab)
    throw damaged("model.record.nVocab", String(spec.nVocab), model.record.nVocab);
  if (sizes.n_prompt > sizes.n_tokens)
    throw damaged("sizes.n_prompt", `at most ${sizes.n_tokens}`, sizes.n_prompt);
  if (sizes.n_tokens > sizes.capacity)
    throw damaged("sizes.n_tokens", `at most ${sizes.capacity}`, sizes.n_tokens);
  if (sizes.capacity > spec.contextLength)
    throw damaged("sizes.capacity", `at most ${spec.contextLength}`, sizes.capacity);
  const row = checked.logit_rows.find((position) => position >= sizes.n_tokens);
  if (row !== undefined) throw damaged("logit_rows", `positions below ${sizes.n_tokens}`, row);
  return checked;
}
