import { basename } from "node:path";
import { type CompiledEdits, compileEdits } from "../act/compileEdits.ts";
import { editedModel } from "../act/editedModel.ts";
import type { DeviceTensor } from "../backend/deviceTensor.ts";
import { VitrineError } from "../base/errors.ts";
import { BYTES } from "../cost/operatorCost.ts";
import type { Site } from "../plan/sites/site.ts";
import { siteCatalog } from "../plan/sites/siteCatalog.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { TokenRecord } from "../trace/schema.ts";
import { checkTensors } from "./checkTensors.node.ts";
import { withHome } from "./homePath.node.ts";
import { MANIFEST } from "./manifest.ts";
import { VOCABULARY, WEIGHTS } from "./modelTables.ts";
import { type OpenedRecord, openRecord } from "./openRecord.node.ts";
import { malformed, shown } from "./recordErrors.ts";
import { editsOf } from "./recordedEdits.ts";
import { RecordTensors } from "./recordTensors.node.ts";
import { checkRunContent, type RunContent } from "./runContent.ts";
import { type RecordedStep, STEPS, stepsOf } from "./stepTable.ts";
import type { RowOf } from "./table.ts";
import { OWN, TENSORS } from "./tensorNames.ts";
import { TOKENS, tokensOf } from "./tokenTable.ts";

/** A run as its record has it, checked. */
export interface RunRecordRead {
  readonly record: OpenedRecord;
  readonly content: RunContent;
  readonly tensors: RecordTensors;
  readonly tokens: readonly TokenRecord[];
  /** Without times of operators. */
  readonly steps: readonly RecordedStep[];
  /** Shapes and dtypes: there are no numbers behind them. */
  readonly weights: ReadonlyMap<string, DeviceTensor>;
  readonly texts: ReadonlyMap<number, string>;
  readonly edits: CompiledEdits | null;
  readonly catalog: readonly Site[];
  /** Where the model lay, as a path of this machine. */
  readonly location: string;
  /** Of the rows of logits, ascending. */
  readonly positions: readonly number[];
}

/**
 * Opens a run's record, and holds all of it but the tensors' numbers against its form.
 * @throws RecordError; WeightsError for the file of tensors; ConfigError ERR_CONFIG for a model that the engine cannot plan
 */
export async function readRunRecord(folder: string): Promise<RunRecordRead> {
  const record = await openRecord(folder, "run");
  const place = `${basename(record.folder)}/${MANIFEST}`;
  try {
    return await read(record, place);
  } catch (cause) {
    if (cause instanceof VitrineError) throw cause;
    const got = cause instanceof Error ? cause.message : String(cause);
    const fix = "The record is damaged; save the run again.";
    throw malformed(place, { expected: "a run that the engine can read", got, fix }, cause);
  }
}

async function read(record: OpenedRecord, place: string): Promise<RunRecordRead> {
  const content = checkRunContent(record.content, place);
  const name = basename(record.folder);
  const { spec } = content.model;
  const tokens = tokensOf(await record.table("tokens.parquet", TOKENS), `${name}/tokens.parquet`);
  checkTokens(tokens, content, `${name}/tokens.parquet`);
  const stepRows = await record.table("steps.parquet", STEPS);
  const weightRows = await record.table("weights.parquet", WEIGHTS);
  const texts = record.has("vocabulary.parquet")
    ? await record.table("vocabulary.parquet", VOCABULARY)
    : [];
  const tensors = await RecordTensors.open(record.pathOf(TENSORS), `${name}/${TENSORS}`);
  const edits = await compiled(content, tensors, place);
  const catalog = edits === null ? siteCatalog(spec) : siteCatalog(edits.spec, edits.observed);
  checkTensors(tensors, { content, edits, catalog }, `${name}/${TENSORS}`);
  return {
    ...{ record, content, tensors, tokens, edits, catalog },
    location: withHome(content.model.location),
    positions: await positionsOf(tensors, content, `${name}/${TENSORS}`),
    steps: stepsOf(
      stepRows,
      { nLayers: spec.nLayers, nTokens: tokens.length },
      `${name}/steps.parquet`,
    ),
    weights: weightsOf(weightRows, `${name}/weights.parquet`),
    texts: new Map(texts.map(({ id, text }) => [id ?? -1, text ?? ""])),
  };
}

/** @throws RecordError ERR_RECORD */
async function positionsOf(
  tensors: RecordTensors,
  { sizes, logit_rows: rows }: RunContent,
  place: string,
): Promise<number[]> {
  const positions = [...(await tensors.read(OWN.logitPositions)).data];
  const isWrong = (at: number, i: number) =>
    at < 0 || at >= sizes.n_tokens || at <= (positions[i - 1] ?? -1);
  const isWhole = positions.length === tensors.shape(OWN.logits)?.[0];
  if (isWhole && !positions.some(isWrong) && rows.every((row) => positions.includes(row)))
    return positions;
  throw malformed(`${place}: ${OWN.logitPositions}`, {
    expected: "a position for each row of logits, ascending, those that the run kept among them",
    got: `${positions.length} positions`,
    fix: "The record is damaged; save the run again.",
  });
}

function checkTokens(tokens: readonly TokenRecord[], content: RunContent, place: string): void {
  const { sizes, model } = content;
  const wrong = (expected: string, got: string | number) =>
    malformed(place, {
      ...{ expected, got: String(got) },
      fix: "The record is damaged; save the run again.",
    });
  if (tokens.length !== sizes.n_tokens) throw wrong(`${sizes.n_tokens} tokens`, tokens.length);
  const id = tokens.find((token) => token.id >= model.spec.nVocab)?.id;
  if (id !== undefined) throw wrong(`ids below ${model.spec.nVocab}`, id);
  const odd = tokens.findIndex(({ phase }, t) => (phase === "prompt") !== t < sizes.n_prompt);
  if (odd >= 0) throw wrong(`a prompt of ${sizes.n_prompt} tokens`, `another phase at ${odd}`);
}

async function compiled(
  { edits, model, sizes }: RunContent,
  tensors: RecordTensors,
  place: string,
): Promise<CompiledEdits | null> {
  if (edits.length === 0) return null;
  const numbers = new Map<string, Tensor>();
  for (const name of tensors.names())
    if (name.startsWith("record.edit.")) numbers.set(name, await tensors.read(name));
  const named = editsOf(edits, numbers, `${place}.content`).map((edit, i) => ({
    what: `edits[${i}]`,
    edit,
  }));
  const length = { nPrompt: sizes.n_prompt, capacity: sizes.capacity };
  return compileEdits(named, editedModel(model.spec), length);
}

function weightsOf(
  rows: readonly RowOf<typeof WEIGHTS>[],
  place: string,
): Map<string, DeviceTensor> {
  return new Map(
    rows.map((row, i): [string, DeviceTensor] => {
      const { name, shape, dtype } = row;
      if (name === null || dtype === null || !/^\d+( \d+)*$/.test(shape ?? "") || !isDType(dtype))
        throw malformed(`${place}[${i}]`, {
          expected: "a weight with its shape and dtype",
          got: shown(row),
          fix: "The record is damaged; save the run again.",
        });
      const axes = (shape ?? "").split(" ").map(Number);
      return [name, { shape: axes, dtype, label: name, sizeBytes: 0 }];
    }),
  );
}

function isDType(dtype: string): dtype is DeviceTensor["dtype"] {
  return Object.hasOwn(BYTES, dtype);
}
