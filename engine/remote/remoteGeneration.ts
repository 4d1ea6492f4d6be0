import type { PriceOptions } from "../price/priceOf.ts";
import type { PriceRecord, PriceTable, UsageRecord } from "../trace/schema.ts";
import { cannot, type Receipt, type RemoteFinishReason, type RemoteServer } from "./receipt.ts";
import type { RemoteRoutes } from "./remoteRoutes.ts";
import type { RemoteToken, WirePiece } from "./wire.ts";

/** Text as a server generates it: iterate over it once. Leaving the loop ends the request. */
export class RemoteGeneration implements AsyncIterable<RemoteToken> {
  readonly server: RemoteServer;
  readonly #receipt: Receipt;
  #text = "";

  /** Remote generations come from `remote.generate`. */
  constructor(server: RemoteServer, receipt: Receipt) {
    this.server = server;
    this.#receipt = receipt;
  }

  /** What was generated so far. */
  get text(): string {
    return this.#text;
  }

  /** Null until the end. */
  get finishReason(): RemoteFinishReason | null {
    return this.#receipt.finishReason;
  }

  /** As the server counts; parts that it does not tell of are 0. @throws InputError ERR_NOT_FINISHED; RemoteError ERR_REMOTE_NO_USAGE */
  get usage(): UsageRecord {
    return this.#receipt.usage;
  }

  /** What the usage costs by a price list. @throws as `usage` and `priceOf` */
  price(table: PriceTable, options: PriceOptions = {}): PriceRecord {
    return this.#receipt.price(table, options);
  }

  /** Experts that vLLM (--enable-return-routed-experts) or `vitrine serve` tells of; null where none are told. @throws RemoteError ERR_REMOTE_ROUTES */
  get routes(): RemoteRoutes | null {
    return this.#receipt.routes;
  }

  /** A server shows no run. @throws InputError ERR_REMOTE_CANNOT always */
  get run(): never {
    return cannot("generation.run", this.server);
  }

  [Symbol.asyncIterator](): AsyncGenerator<RemoteToken, void, undefined> {
    return this.#stream(this.#receipt.begin());
  }

  async *#stream(
    pieces: AsyncGenerator<WirePiece, void, undefined>,
  ): AsyncGenerator<RemoteToken, void, undefined> {
    for await (const piece of pieces)
      for (const token of tokensOf(piece)) {
        this.#text += token.text;
        yield token;
      }
  }

  toString(): string {
    return `Remote generation (${this.#receipt.describe()}): ${JSON.stringify(this.#text)}`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/** A piece's tokens. Where their texts are not those of the piece, its text became certain with the last of them. */
function tokensOf({ text, tokens }: WirePiece): RemoteToken[] {
  if (tokens.length === 0) return text === "" ? [] : [{ text, logprob: null, likeliest: null }];
  if (tokens.map((token) => token.text).join("") === text) return [...tokens];
  return tokens.map((token, i) => ({ ...token, text: i === tokens.length - 1 ? text : "" }));
}
