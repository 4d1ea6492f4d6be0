const OFFSET = 0xcbf29ce484222325n;
const PRIME = 0x100000001b3n;
const MASK_64 = (1n << 64n) - 1n;

/**
 * The seed of one sample's reply in one epoch: of the evaluation's seed, the sample's id and the epoch alone, so that neither order nor
 * batch, shard or arm changes a reply's random numbers. FNV-1a over their UTF-8, finished as MurmurHash3 does.
 * @returns an integer from 0 to 2^53 - 1
 */
export function sampleSeed(seed: number, sample: string, epoch: number): number {
  let hash = OFFSET;
  for (const byte of new TextEncoder().encode(JSON.stringify([seed, sample, epoch])))
    hash = ((hash ^ BigInt(byte)) * PRIME) & MASK_64;
  hash = ((hash ^ (hash >> 33n)) * 0xff51afd7ed558ccdn) & MASK_64;
  hash = ((hash ^ (hash >> 33n)) * 0xc4ceb9fe1a85ec53n) & MASK_64;
  return Number((hash ^ (hash >> 33n)) >> 11n);
}
