import { ConfigError } from "../base/errors.ts";
import { isObject, type JsonObject } from "../base/json.ts";
import { nearest } from "../base/nearest.ts";

/** How a row is brought to the size that the encoder expects, and its reconstruction back. */
export type RowNormalization = "none" | "layer_norm" | "constant_norm_rescale";

/** What a dictionary's cfg.json says, as far as it is computed with. */
export interface DictionaryConfig {
  /** How features follow from what the encoder gives. */
  readonly activation: "standard" | "gated" | "jumprelu" | "topk";
  /** Reads one site and writes another. */
  readonly isTranscoder: boolean;
  /** Has a linear map from its input to its output beside the features. */
  readonly hasSkip: boolean;
  readonly dIn: number;
  readonly dOut: number;
  readonly nFeatures: number;
  /** Features that a row may have; null where nothing limits them. */
  readonly k: number | null;
  /** The decoder's bias is taken from the row before it is encoded. */
  readonly subtractsBias: boolean;
  readonly normalization: RowNormalization;
  /** Rows are to be multiplied by a number that the file does not have. */
  readonly needsScale: boolean;
  /** Activations are counted in lengths of the decoder's rows. */
  readonly rescalesByDecoder: boolean;
  /** Names as the file has them; null where it has none. */
  readonly site: string | null;
  readonly siteOut: string | null;
  readonly modelName: string | null;
}

const ARCHITECTURES: Readonly<
  Record<string, Pick<DictionaryConfig, "activation" | "isTranscoder" | "hasSkip">>
> = {
  standard: { activation: "standard", isTranscoder: false, hasSkip: false },
  gated: { activation: "gated", isTranscoder: false, hasSkip: false },
  jumprelu: { activation: "jumprelu", isTranscoder: false, hasSkip: false },
  topk: { activation: "topk", isTranscoder: false, hasSkip: false },
  transcoder: { activation: "standard", isTranscoder: true, hasSkip: false },
  skip_transcoder: { activation: "standard", isTranscoder: true, hasSkip: true },
  jumprelu_transcoder: { activation: "jumprelu", isTranscoder: true, hasSkip: false },
  jumprelu_skip_transcoder: { activation: "jumprelu", isTranscoder: true, hasSkip: true },
};

const NORMALIZATIONS = ["none", "layer_norm", "constant_norm_rescale"] as const;

/**
 * cfg.json of SAELens, of versions before 6 (all fields in one object) and since (what belongs to the model in `metadata`).
 * @throws ConfigError ERR_DICTIONARY for what is not carried out, by the name of the field
 */
export function dictionaryConfig(json: JsonObject): DictionaryConfig {
  const metadata = isObject(json.metadata) ? json.metadata : {};
  const of = (...names: string[]): unknown =>
    names.flatMap((name) => [json[name], metadata[name]]).find((value) => value != null);
  const name = architectureOf(of);
  const shape = ARCHITECTURES[name];
  if (shape === undefined) {
    const [near] = nearest(name, Object.keys(ARCHITECTURES), 1);
    throw wrong(
      `architecture as one of ${Object.keys(ARCHITECTURES).join(", ")}`,
      JSON.stringify(name),
      `Convert the dictionary; ${near} is nearest by name.`,
    );
  }
  refuse(json, of, shape.activation);
  const site = text(of("hook_name", "hook_point"), "hook_name");
  const given = of("normalize_activations") ?? "none";
  const needsScale = given === "expected_average_only_in" || given === true;
  const normalization = needsScale || given === false ? "none" : normalizationOf(given);
  if (shape.isTranscoder && (needsScale || normalization !== "none"))
    throw wrong(
      'normalize_activations "none" for a transcoder',
      JSON.stringify(given),
      "Fold it into the weights.",
    );
  const dIn = size(json.d_in, "d_in");
  return {
    ...shape,
    dIn,
    dOut: shape.isTranscoder ? size(json.d_out, "d_out") : dIn,
    nFeatures: size(json.d_sae, "d_sae"),
    k: shape.activation === "topk" ? size(of("k") ?? kwargs(json).k, "k") : null,
    subtractsBias: !shape.isTranscoder && (of("apply_b_dec_to_input") ?? true) === true,
    normalization,
    needsScale,
    rescalesByDecoder: of("rescale_acts_by_decoder_norm") === true,
    site,
    siteOut: shape.isTranscoder ? text(of("hook_name_out"), "hook_name_out") : site,
    modelName: text(of("model_name"), "model_name"),
  };
}

/** Before version 6 "standard" with the activation topk. */
function architectureOf(of: (...names: string[]) => unknown): string {
  const architecture = of("architecture") ?? "standard";
  const isTopK = activationOf(of) === "topk";
  return architecture === "standard" && isTopK ? "topk" : String(architecture);
}

const activationOf = (of: (...names: string[]) => unknown) =>
  of("activation_fn", "activation_fn_str") ?? "relu";

const kwargs = ({ activation_fn_kwargs: given }: JsonObject): JsonObject =>
  isObject(given) ? given : {};

/** @throws ConfigError ERR_DICTIONARY */
function refuse(
  json: JsonObject,
  of: (...names: string[]) => unknown,
  activation: DictionaryConfig["activation"],
): void {
  const found = activationOf(of);
  if (found !== "relu" && !(activation === "topk" && found === "topk"))
    throw wrong('activation_fn "relu"', JSON.stringify(found), "No other is carried out.");
  for (const name of ["normalize_decoder", "finetuning_scaling_factor", "multi_topk"])
    if (json[name] === true)
      throw wrong(`${name} false`, "true", "Fold it into the weights, or leave it out.");
  const reshape = of("reshape_activations") ?? "none";
  if (reshape !== "none" && reshape !== "hook_z")
    // heads side by side, as a site's rows lie anyway
    throw wrong(
      'reshape_activations "none" or "hook_z"',
      JSON.stringify(reshape),
      "No other is carried out.",
    );
  const head = of("hook_head_index", "hook_point_head_index", "hook_head_index_out");
  if (head !== undefined)
    throw wrong(
      "a dictionary of a whole site",
      `hook_head_index ${JSON.stringify(head)}`,
      "One of a single head is not carried out.",
    );
}

function normalizationOf(given: unknown): RowNormalization {
  const found = NORMALIZATIONS.find((name) => name === given);
  if (found !== undefined) return found;
  throw wrong(
    `normalize_activations as one of ${NORMALIZATIONS.join(", ")}, expected_average_only_in`,
    JSON.stringify(given),
    "No other is carried out.",
  );
}

function size(value: unknown, name: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= 1) return value as number;
  throw wrong(`a whole number from 1 as ${name}`, JSON.stringify(value) ?? "nothing", LOOK);
}

function text(value: unknown, name: string): string | null {
  if (value === undefined || value === "") return null;
  if (typeof value === "string") return value;
  throw wrong(`a text as ${name}`, JSON.stringify(value), LOOK);
}

const LOOK = "Look at the file, or write it anew.";

function wrong(expected: string, got: string, fix: string): ConfigError {
  return new ConfigError("ERR_DICTIONARY", `cfg.json: expected ${expected}, got ${got}. ${fix}`);
}
