import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { join, resolve } from "node:path";
import { checkOptions, type OptionNames } from "../base/checkOptions.ts";
import { ConfigError, InputError, WeightsError } from "../base/errors.ts";
import { readJson } from "../weights/readJson.node.ts";
import { readSafetensors } from "../weights/tensorFile.node.ts";
import { Dictionary, type DictionaryOptions } from "./dictionary.ts";
import { dictionaryConfig } from "./dictionaryConfig.ts";
import { dictionaryWeights, foldScale } from "./dictionaryWeights.ts";

const DICTIONARY_OPTIONS: OptionNames<DictionaryOptions> = {
  site: true,
  siteOut: true,
  activationScale: true,
};

const [CONFIG, WEIGHTS] = ["cfg.json", "sae_weights.safetensors"];

/**
 * Reads a sparse autoencoder or a transcoder as SAELens saves it: cfg.json and sae_weights.safetensors in a folder, of the
 * architectures standard, gated, jumprelu and topk, transcoder, skip_transcoder, jumprelu_transcoder and jumprelu_skip_transcoder.
 * @throws InputError ERR_OPTION; ConfigError ERR_DICTIONARY for a field that is not carried out, ERR_JSON;
 * WeightsError ERR_DICTIONARY for tensors that are not there or of another shape, and as `readSafetensors`
 */
export async function loadDictionary(
  folder: string,
  options: DictionaryOptions = {},
): Promise<Dictionary> {
  checkOptions("loadDictionary", options, DICTIONARY_OPTIONS);
  const { activationScale } = options;
  const read = await readJson(join(folder, CONFIG));
  if (read === null)
    throw new ConfigError(
      "ERR_DICTIONARY",
      `loadDictionary: expected ${CONFIG} in ${folder}, got none. Save the dictionary with SAELens's save_model.`,
    );
  const config = dictionaryConfig(read.json);
  const scale = checkScale(activationScale, config.needsScale);
  const path = join(folder, WEIGHTS);
  const { tensors } = await readSafetensors(path);
  const weights = dictionaryWeights(config, tensors);
  const site = siteOf("site", options.site, config.site);
  if (options.siteOut !== undefined && !config.isTranscoder)
    throw new InputError(
      "ERR_OPTION",
      `loadDictionary siteOut: expected a transcoder, got an autoencoder of ${site}. Leave siteOut out.`,
    );
  return new Dictionary({
    config,
    weights: scale === 1 ? weights : foldScale(weights, scale),
    site,
    siteOut: config.isTranscoder ? siteOf("siteOut", options.siteOut, config.siteOut) : site,
    folder: resolve(folder), // records and files of edits name it, and are read from other working directories
    options,
    sha256: await hashOf(read.text, path),
  });
}

/** @throws InputError ERR_OPTION */
function checkScale(given: number | undefined, needsScale: boolean): number {
  if (given === undefined && !needsScale) return 1;
  if (given !== undefined && Number.isFinite(given) && given > 0) return given;
  throw new InputError(
    "ERR_OPTION",
    `loadDictionary activationScale: expected a number above 0${needsScale ? ", since normalize_activations is expected_average_only_in" : ""}, got ${given ?? "nothing"}. It is the square root of d_in over the mean length of the site's rows in training.`,
  );
}

/** @throws InputError ERR_OPTION */
function siteOf(name: "site" | "siteOut", given: string | undefined, own: string | null): string {
  const site = given ?? own;
  if (typeof site === "string" && site !== "") return site;
  const field = name === "site" ? "hook_name" : "hook_name_out";
  throw new InputError(
    "ERR_OPTION",
    `loadDictionary ${name}: expected the name of a site, got nothing, and ${CONFIG} has no ${field}. Name one of model.sites().`,
  );
}

async function hashOf(config: string, weights: string): Promise<string> {
  const hash = createHash("sha256").update(config).update("\n");
  try {
    for await (const chunk of createReadStream(weights)) hash.update(chunk as Uint8Array);
  } catch (cause) {
    throw new WeightsError(
      "ERR_WEIGHTS_READ",
      `${WEIGHTS}: expected a file that can be read, got ${String(cause)}. Look at ${weights}.`,
      { cause },
    );
  }
  return hash.digest("hex");
}
