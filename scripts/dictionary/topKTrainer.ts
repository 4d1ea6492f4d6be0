import { Pcg32 } from "../../engine/generate/pcg32.ts";
import { Adam } from "./adam.ts";

export interface TrainerOptions {
  readonly width: number;
  readonly nFeatures: number;
  readonly k: number;
  readonly seed: number;
  /** (width) where the decoder's bias begins. */
  readonly mean: Float64Array;
  /** Rows without a feature after which it counts as dead. */
  readonly deadAfter: number;
}

/** Weight of what dead features make of the error. */
const AUXILIARY = 1 / 32;

/**
 * A sparse autoencoder whose rows have their k largest features: the mean squared error by Adam, decoder rows of length 1, and dead
 * features taught what the others miss.
 * @see arXiv:2406.04093, sections 2 and A
 */
export class TopKTrainer {
  readonly encoder: Float32Array; // (F, width)
  readonly encoderBias: Float32Array; // (F)
  readonly decoder: Float32Array; // (F, width)
  readonly decoderBias: Float32Array; // (width)
  /** (F) rows since a feature was on. */
  readonly idle: Int32Array;
  readonly #options: TrainerOptions;
  readonly #adams: readonly Adam[];
  readonly #gradients: readonly Float32Array[];

  constructor(options: TrainerOptions) {
    const { width, nFeatures, seed, mean } = options;
    this.#options = options;
    const random = new Pcg32(seed);
    this.decoder = Float32Array.from({ length: nFeatures * width }, () => gaussian(random));
    this.#normalize();
    this.encoder = this.decoder.slice();
    this.encoderBias = new Float32Array(nFeatures);
    this.decoderBias = Float32Array.from(mean);
    this.idle = new Int32Array(nFeatures);
    const all = [this.encoder, this.encoderBias, this.decoder, this.decoderBias];
    this.#adams = all.map((values) => new Adam(values));
    this.#gradients = all.map(({ length }) => new Float32Array(length));
  }

  /** One batch (n, width). @returns the mean squared error of its rows, as sums over a row */
  step(rows: Float32Array, rate: number): number {
    const { width, nFeatures, k, deadAfter } = this.#options;
    const count = rows.length / width;
    for (const gradient of this.#gradients) gradient.fill(0);
    const dead = [...this.idle.keys()].filter((f) => (this.idle[f] as number) > deadAfter);
    const before = new Float32Array(nFeatures);
    let loss = 0;
    for (let n = 0; n < count; n++) {
      const x = rows.subarray(n * width, (n + 1) * width);
      this.#encode(x, before);
      const chosen = largest(before, null, k);
      const error = this.#decode(before, chosen, this.decoderBias).map(
        (y, i) => y - (x[i] as number),
      );
      loss += error.reduce((sum, e) => sum + e * e, 0) / count;
      this.#back(x, before, chosen, error, 2 / count, true);
      if (dead.length > 0) {
        const tried = largest(before, dead, Math.min(dead.length, width >> 1));
        const missed = this.#decode(before, tried, null).map((y, i) => y + (error[i] as number));
        this.#back(x, before, tried, missed, (2 * AUXILIARY) / count, false);
      }
      for (const f of chosen) this.idle[f] = -1;
    }
    for (let f = 0; f < nFeatures; f++)
      this.idle[f] = (this.idle[f] as number) < 0 ? 0 : (this.idle[f] as number) + count;
    for (const [i, adam] of this.#adams.entries())
      adam.step(this.#gradients[i] as Float32Array, rate);
    this.#normalize();
    return loss;
  }

  #encode(x: Float32Array, into: Float32Array): void {
    const { width, nFeatures } = this.#options;
    const { encoder, encoderBias, decoderBias } = this;
    const centred = x.map((value, i) => value - (decoderBias[i] as number));
    for (let f = 0; f < nFeatures; f++) {
      let sum = encoderBias[f] as number;
      const at = f * width;
      for (let i = 0; i < width; i++) sum += (encoder[at + i] as number) * (centred[i] as number);
      into[f] = Math.max(0, sum);
    }
  }

  #decode(
    values: Float32Array,
    chosen: readonly number[],
    bias: Float32Array | null,
  ): Float32Array {
    const { width } = this.#options;
    const out = bias === null ? new Float32Array(width) : bias.slice();
    for (const f of chosen)
      for (let i = 0; i < width; i++)
        out[i] =
          (out[i] as number) + (values[f] as number) * (this.decoder[f * width + i] as number);
    return out;
  }

  /** Adds the gradients of by/2 |error|², of which the features chosen have a part each. */
  #back(
    x: Float32Array,
    values: Float32Array,
    chosen: readonly number[],
    error: Float32Array,
    by: number,
    withBias: boolean,
  ): void {
    const { width } = this.#options;
    const [encoder, encoderBias, decoder, decoderBias] = this.#gradients as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    if (withBias)
      for (let i = 0; i < width; i++)
        decoderBias[i] = (decoderBias[i] as number) + by * (error[i] as number);
    for (const f of chosen) {
      const value = values[f] as number;
      const at = f * width;
      let slope = 0;
      for (let i = 0; i < width; i++) {
        const e = by * (error[i] as number);
        slope += e * (this.decoder[at + i] as number);
        decoder[at + i] = (decoder[at + i] as number) + e * value;
      }
      if (value === 0) continue;
      encoderBias[f] = (encoderBias[f] as number) + slope;
      for (let i = 0; i < width; i++) {
        encoder[at + i] =
          (encoder[at + i] as number) +
          slope * ((x[i] as number) - (this.decoderBias[i] as number));
        if (withBias)
          decoderBias[i] = (decoderBias[i] as number) - slope * (this.encoder[at + i] as number);
      }
    }
  }

  #normalize(): void {
    const { width, nFeatures } = this.#options;
    for (let f = 0; f < nFeatures; f++) {
      const row = this.decoder.subarray(f * width, (f + 1) * width);
      const length = Math.hypot(...row);
      for (let i = 0; i < width; i++) row[i] = (row[i] as number) / length;
    }
  }
}

/** The features with the k largest values, of `among` or of all. */
function largest(values: Float32Array, among: readonly number[] | null, k: number): number[] {
  const candidates = (among ?? [...values.keys()]).filter((f) => (values[f] as number) > 0);
  return candidates.sort((a, b) => (values[b] as number) - (values[a] as number)).slice(0, k);
}

/** @see G. E. P. Box, M. E. Muller, Annals of Mathematical Statistics 29, 1958 */
function gaussian(random: Pcg32): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.nextFloat()));
  return radius * Math.cos(2 * Math.PI * random.nextFloat());
}
