import type {
  ChatGeneration,
  ChatPiece,
  CostRecord,
  GeneratedToken,
  Generation,
  RoutingRecord,
} from "../engine/index.node.ts";

/** What a text grew by: a part of a reply, and the tokens that it came with. */
export type Piece = ChatPiece & { readonly tokens: readonly GeneratedToken[] };

/** Tokens as services count them. */
export interface Usage {
  readonly prompt: number;
  /** Of those, how many were there from an earlier text. */
  readonly cached: number;
  readonly generated: number;
  /** Of those, how many are thoughts, with their marks. */
  readonly reasoning: number;
}

/** One of the texts of a request. */
export abstract class Choice {
  readonly index: number;
  readonly seed: number;
  readonly generation: Generation;
  /** Tool calls so far. */
  nCalls = 0;

  constructor(index: number, seed: number, generation: Generation) {
    this.index = index;
    this.seed = seed;
    this.generation = generation;
  }

  abstract pieces(): AsyncGenerator<Piece, void, undefined>;

  /** As OpenAI's API says why a text ended. */
  get finishReason(): "stop" | "length" | "tool_calls" {
    if (this.generation.finishReason === "length") return "length";
    return this.nCalls > 0 ? "tool_calls" : "stop";
  }

  /** Of a text that has ended. */
  usage(): Usage {
    const { record, sharedPrefixTokens } = this.generation.run;
    const generated = record.tokens.filter(({ phase }) => phase === "generated");
    return {
      prompt: record.tokens.length - generated.length,
      cached: sharedPrefixTokens,
      generated: generated.length,
      reasoning: generated.filter(({ thinking }) => thinking).length,
    };
  }

  routes(): Promise<RoutingRecord> {
    return this.generation.run.routing();
  }

  cost(): CostRecord {
    return this.generation.run.cost();
  }
}

/** A text that goes on behind a prompt. */
export class TextChoice extends Choice {
  /** Which of the request's prompts it follows. */
  readonly prompt: number;

  constructor(index: number, seed: number, generation: Generation, prompt: number) {
    super(index, seed, generation);
    this.prompt = prompt;
  }

  override async *pieces(): AsyncGenerator<Piece, void, undefined> {
    let nRead = 0;
    for await (const token of this.generation) {
      nRead += token.text.length;
      yield { kind: "content", text: token.text, tokens: [token] };
    }
    // Behind the last token's text the generation may have added what an unfinished character leaves.
    const text = this.generation.text.slice(nRead);
    if (text !== "") yield { kind: "content", text, tokens: [] };
  }
}

/** An assistant's reply. */
export class ReplyChoice extends Choice {
  readonly #chat: ChatGeneration;

  constructor(index: number, seed: number, chat: ChatGeneration) {
    super(index, seed, chat.generation);
    this.#chat = chat;
  }

  override async *pieces(): AsyncGenerator<Piece, void, undefined> {
    const { tokens } = this.#chat;
    let nTold = 0;
    for await (const piece of this.#chat) {
      if (piece.kind === "toolCall") this.nCalls += 1;
      const told = tokens.slice(nTold);
      nTold = tokens.length;
      yield { ...piece, tokens: told };
    }
    const rest = tokens.slice(nTold);
    if (rest.length > 0) yield { kind: "content", text: "", tokens: rest };
  }
}
