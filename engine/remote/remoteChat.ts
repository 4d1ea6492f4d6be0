import type { AssistantMessage, ChatPiece } from "../chat/chatPiece.ts";
import type { PriceOptions } from "../price/priceOf.ts";
import type { ToolCall } from "../template/chat.ts";
import type { PriceRecord, PriceTable, UsageRecord } from "../trace/schema.ts";
import { CollectedCalls } from "./collectedCalls.ts";
import { cannot, type Receipt, type RemoteFinishReason, type RemoteServer } from "./receipt.ts";
import type { RemoteRoutes } from "./remoteRoutes.ts";
import type { RemoteToken, WirePiece } from "./wire.ts";

/** A server's reply to a conversation, as typed pieces: iterate over it once. Leaving the loop ends the request. */
export class RemoteChat implements AsyncIterable<ChatPiece> {
  readonly server: RemoteServer;
  readonly #receipt: Receipt;
  readonly #calls = new CollectedCalls();
  readonly #tokens: RemoteToken[] = [];
  readonly #toolCalls: ToolCall[] = [];
  #reasoning = "";
  #content = "";

  /** Remote chats come from `remote.chat`. */
  constructor(server: RemoteServer, receipt: Receipt) {
    this.server = server;
    this.#receipt = receipt;
  }

  /** What was said, ready to be put behind the messages that it answers. @throws InputError ERR_NOT_FINISHED before the end */
  get message(): AssistantMessage {
    this.#receipt.assertEnded("message");
    return {
      role: "assistant",
      reasoning: this.#reasoning,
      content: this.#content,
      toolCalls: [...this.#toolCalls],
    };
  }

  /** Null until the end. */
  get finishReason(): RemoteFinishReason | null {
    return this.#receipt.finishReason;
  }

  /** Tokens that the server told of so far: none without `topLogprobs`. */
  get tokens(): readonly RemoteToken[] {
    return this.#tokens;
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
    return cannot("chat.run", this.server);
  }

  [Symbol.asyncIterator](): AsyncGenerator<ChatPiece, void, undefined> {
    return this.#stream(this.#receipt.begin());
  }

  async *#stream(
    pieces: AsyncGenerator<WirePiece, void, undefined>,
  ): AsyncGenerator<ChatPiece, void, undefined> {
    for await (const { text, reasoning, calls, tokens } of pieces) {
      this.#tokens.push(...tokens);
      this.#calls.take(calls);
      this.#reasoning += reasoning;
      this.#content += text;
      if (reasoning !== "") yield { kind: "reasoning", text: reasoning };
      if (text !== "") yield { kind: "content", text };
    }
    if (this.finishReason === "aborted") return;
    // Whether a call is whole shows only at the end.
    for (const piece of this.#noted(this.#calls.end())) yield piece;
  }

  /** Puts pieces into the message before anyone sees them, so that leaving the loop loses none. */
  #noted(pieces: ChatPiece[]): ChatPiece[] {
    for (const piece of pieces)
      if (piece.kind === "toolCall") this.#toolCalls.push(piece.call);
      else this.#content += piece.text;
    return pieces;
  }

  toString(): string {
    const said = JSON.stringify(this.#content);
    return `Remote chat (${this.#receipt.describe()}): ${said}`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}
