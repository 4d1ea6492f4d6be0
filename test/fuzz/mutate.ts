import { Pcg32 } from "../../engine/generate/pcg32.ts";

/** Random choices that a seed repeats. */
export class Mutator {
  readonly #random: Pcg32;

  constructor(seed: number) {
    this.#random = new Pcg32(seed);
  }

  below(limit: number): number {
    return Math.floor(this.#random.nextFloat() * limit);
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  /** Flips, overwrites, cuts, inserts and repeats bytes, one to four times. */
  bytes(original: Uint8Array): Uint8Array<ArrayBuffer> {
    let bytes = Uint8Array.from(original);
    for (let times = 1 + this.below(4); times > 0; times--) bytes = this.#changeBytes(bytes);
    return bytes;
  }

  #changeBytes(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const at = this.below(bytes.length + 1);
    const end = Math.min(bytes.length, at + 1 + this.below(16));
    switch (this.below(6)) {
      case 0:
        if (at < bytes.length) bytes[at] = (bytes[at] as number) ^ (1 << this.below(8));
        return bytes;
      case 1:
        if (at < bytes.length)
          bytes[at] = this.pick([0, 0x22, 0x2c, 0x30, 0x39, 0x5b, 0x7b, 0x7d, 0x80, 0xff]);
        return bytes;
      case 2:
        return bytes.slice(0, at);
      case 3:
        return join(bytes.subarray(0, at), bytes.subarray(end));
      case 4:
        return join(bytes.subarray(0, end), bytes.subarray(at));
      default:
        if (bytes.length >= 8) bytes[this.below(8)] = this.below(256);
        return bytes;
    }
  }

  /** A copy of a JSON value with one to three of its parts replaced, removed, renamed or repeated. */
  json(original: unknown): unknown {
    let root = structuredClone(original);
    for (let times = 1 + this.below(3); times > 0; times--) root = this.#changeJson(root);
    return root;
  }

  #changeJson(root: unknown): unknown {
    const places = placesOf(root);
    if (places.length === 0) return this.#oddity();
    const { holder, key } = this.pick(places);
    switch (this.below(5)) {
      case 0:
        if (Array.isArray(holder)) holder.splice(Number(key), 1);
        else delete holder[key];
        return root;
      case 1:
        if (Array.isArray(holder)) holder.push(holder[Number(key)]);
        else
          holder[this.pick(["", "type", "__proto__x", "constructor", "model", "vocab"])] =
            holder[key];
        return root;
      case 2:
        (holder as Record<string, unknown>)[key] = this.#nudge(
          (holder as Record<string, unknown>)[key],
        );
        return root;
      default:
        (holder as Record<string, unknown>)[key] = this.#oddity();
        return root;
    }
  }

  /** Something close to the value: the neighbours at which checks go wrong. */
  #nudge(value: unknown): unknown {
    if (typeof value === "number")
      return this.pick([-value, value + 1, value - 1, value * 2, value / 2, value + 0.5]);
    if (typeof value === "string")
      return this.pick([`${value}x`, value.slice(1), value.toUpperCase(), value + value]);
    if (typeof value === "boolean") return !value;
    return this.#oddity();
  }

  #oddity(): unknown {
    return this.pick<unknown>([
      null,
      true,
      0,
      -1,
      0.5,
      1e308,
      2 ** 53,
      4294967296,
      "",
      "x",
      "constructor",
      "(",
      "[[:alpha:]&&[^x]]",
      "\ud800",
      [],
      {},
      [null],
      [[]],
      { type: "Sequence" },
      { type: "ByteLevel" },
    ]);
  }
}

type Holder = Record<string, unknown> | unknown[];

function placesOf(value: unknown): { holder: Holder; key: string }[] {
  if (typeof value !== "object" || value === null) return [];
  const places: { holder: Holder; key: string }[] = [];
  const open = [value as Holder];
  for (let holder = open.pop(); holder !== undefined; holder = open.pop())
    for (const [key, child] of Object.entries(holder)) {
      places.push({ holder, key });
      if (typeof child === "object" && child !== null) open.push(child as Holder);
    }
  return places;
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
