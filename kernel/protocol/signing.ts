import { createHmac, timingSafeEqual } from "node:crypto";

/** Signs the four JSON parts of a message with HMAC-SHA256; an empty key signs nothing and accepts everything. */
export class Signer {
  readonly #key: string;

  constructor(key: string) {
    this.#key = key;
  }

  /** Hex digest over the parts in order, or "" without a key. */
  sign(parts: readonly (Uint8Array | string)[]): string {
    if (this.#key === "") return "";
    const hmac = createHmac("sha256", this.#key);
    for (const part of parts) hmac.update(part);
    return hmac.digest("hex");
  }

  verify(signature: string, parts: readonly (Uint8Array | string)[]): boolean {
    if (this.#key === "") return true;
    const expected = Buffer.from(this.sign(parts));
    const actual = Buffer.from(signature);
    return actual.length === expected.length && timingSafeEqual(actual, expected);
  }
}
