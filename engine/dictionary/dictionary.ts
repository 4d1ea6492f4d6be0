import { InputError } from "../base/errors.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { DictionaryConfig } from "./dictionaryConfig.ts";
import type { DictionaryWeights } from "./dictionaryWeights.ts";

export interface DictionaryParts {
  readonly config: DictionaryConfig;
  readonly weights: DictionaryWeights;
  readonly site: string;
  readonly siteOut: string;
  readonly folder: string;
  readonly options: DictionaryOptions;
  readonly sha256: string;
}

/** What cfg.json leaves open, or calls by another name than the model. */
export interface DictionaryOptions {
  /** The site whose rows are encoded; default: `hook_name` of cfg.json. */
  readonly site?: string;
  /** The site that a transcoder writes; default: `hook_name_out`. */
  readonly siteOut?: string;
  /** Rows are multiplied by it before they are encoded: what `expected_average_only_in` left out of the file. */
  readonly activationScale?: number;
}

/** Where a dictionary lies, and how it was read. */
export interface DictionaryReference extends DictionaryOptions {
  readonly folder: string;
  /** Of its files, hex; left out: whatever they are. */
  readonly sha256?: string;
}

/**
 * A sparse autoencoder or a transcoder: features that rows of a site are sums of. Its numbers are on the host; `loadDictionary` reads
 * one.
 */
export class Dictionary {
  readonly config: DictionaryConfig;
  readonly weights: DictionaryWeights;
  /** The site whose rows are encoded. */
  readonly site: string;
  /** The site that is reconstructed: of a transcoder another one. */
  readonly siteOut: string;
  /** Where it was read from, an absolute path. */
  readonly folder: string;
  /** How it was read. */
  readonly options: DictionaryOptions;
  /** Of its files, hex. */
  readonly sha256: string;

  /** Dictionaries come from `loadDictionary`. */
  constructor({ config, weights, site, siteOut, folder, options, sha256 }: DictionaryParts) {
    this.config = config;
    this.weights = weights;
    this.site = site;
    this.siteOut = siteOut;
    this.folder = folder;
    this.options = options;
    this.sha256 = sha256;
  }

  /** Numbers of a row that is encoded. */
  get dIn(): number {
    return this.config.dIn;
  }

  /** Numbers of a row that is reconstructed. */
  get dOut(): number {
    return this.config.dOut;
  }

  get nFeatures(): number {
    return this.config.nFeatures;
  }

  /** (dIn) what a feature looks for: a column of W_enc. @throws InputError ERR_SELECTION */
  encoder(feature: number): Tensor<Float64Array> {
    const { nFeatures, dIn } = this;
    this.checkFeature("encoder", feature);
    const { encoder } = this.weights;
    const column = Float64Array.from(
      { length: dIn },
      (_, i) => encoder[i * nFeatures + feature] ?? 0,
    );
    return new Tensor(column, [dIn], ["M"]);
  }

  /**
   * (dOut) what one unit of a feature adds to the site: a row of W_dec, as `steer`, `add` and `project` take it.
   * @throws InputError ERR_SELECTION
   */
  decoder(feature: number): Tensor<Float64Array> {
    this.checkFeature("decoder", feature);
    const { decoder, decoderNorms } = this.weights;
    const { dOut } = this;
    const norm = decoderNorms?.[feature] || 1; // a row of zeros adds nothing
    const row = decoder.subarray(feature * dOut, (feature + 1) * dOut);
    return new Tensor(
      Float64Array.from(row, (x) => x / norm),
      [dOut],
      ["M"],
    );
  }

  /** @throws InputError ERR_SELECTION */
  checkFeature(what: string, feature: number): void {
    if (Number.isInteger(feature) && feature >= 0 && feature < this.nFeatures) return;
    throw new InputError(
      "ERR_SELECTION",
      `${what}: expected features from 0 to ${this.nFeatures - 1}, got ${feature}. Choose one that exists.`,
    );
  }

  /** Where it is read from again, and what it must be: an edit's JSON says so. */
  toJSON(): DictionaryReference {
    return { folder: this.folder, sha256: this.sha256, ...this.options };
  }

  toString(): string {
    const { activation, isTranscoder, k } = this.config;
    const kind = isTranscoder ? "Transcoder" : "Sparse autoencoder";
    const sites = isTranscoder ? `${this.site} to ${this.siteOut}` : this.site;
    const how = k === null ? activation : `${activation} ${k}`;
    return `${kind} (${how}) of ${this.nFeatures} features, ${sites}`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/** What JSON has in a dictionary's place. */
export function referenceOf(dictionary: Dictionary | DictionaryReference): DictionaryReference {
  return dictionary instanceof Dictionary ? dictionary.toJSON() : dictionary;
}
