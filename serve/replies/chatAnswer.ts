import type { GeneratedToken, ToolCall } from "../../engine/index.node.ts";
import type { Choice, Piece } from "../choice.ts";
import type { ChatRequest } from "../requests/chatRequest.ts";
import type { Service } from "../service.ts";
import type { Answer } from "./answer.ts";
import { chatLogprobs } from "./logprobs.ts";
import { extras, type Heading, heading, usage } from "./shared.ts";

interface CallMade {
  readonly id: string;
  readonly type: "function";
  readonly function: { readonly name: string; readonly arguments: string };
}

/** What was said in a choice so far. */
interface Said {
  content: string;
  reasoning: string;
  readonly calls: CallMade[];
  readonly ofContent: GeneratedToken[];
  readonly ofReasoning: GeneratedToken[];
}

/** `/v1/chat/completions` */
export class ChatAnswer implements Answer {
  readonly #service: Service;
  readonly #request: ChatRequest;
  readonly #choices: readonly Choice[];
  readonly #heading: Heading;
  readonly #said: readonly Said[];

  constructor(service: Service, request: ChatRequest, choices: readonly Choice[]) {
    this.#service = service;
    this.#request = request;
    this.#choices = choices;
    this.#heading = heading("chatcmpl", service);
    this.#said = choices.map(() => ({
      ...{ content: "", reasoning: "", calls: [], ofContent: [], ofReasoning: [] },
    }));
  }

  opening(choice: Choice): object {
    return this.#chunk(choice, { role: "assistant", content: "" });
  }

  take(choice: Choice, piece: Piece): object | null {
    const said = this.#said[choice.index] as Said;
    const isReasoning = piece.kind === "reasoning";
    (isReasoning ? said.ofReasoning : said.ofContent).push(...piece.tokens);
    const logprobs = this.#logprobs(
      isReasoning ? [] : piece.tokens,
      isReasoning ? piece.tokens : [],
    );
    if (piece.kind === "toolCall") {
      const call = callMade(piece.call);
      said.calls.push(call);
      const tool_calls = [{ index: said.calls.length - 1, ...call }];
      return this.#chunk(choice, { tool_calls }, logprobs);
    }
    if (isReasoning) {
      said.reasoning += piece.text;
      return this.#chunk(choice, { reasoning_content: piece.text }, logprobs);
    }
    said.content += piece.text;
    if (piece.text === "" && logprobs === null) return null;
    return this.#chunk(choice, { content: piece.text }, logprobs);
  }

  closing(choice: Choice): object {
    return this.#chunk(choice, {}, null, choice.finishReason);
  }

  async tail(): Promise<object[]> {
    const { fields } = this.#request;
    const vitrine = await extras(this.#choices, fields);
    const isAsked = fields.stream_options?.include_usage === true;
    if (!isAsked && vitrine === null) return [];
    return [
      {
        ...this.#of("chat.completion.chunk"),
        choices: [],
        ...(isAsked && { usage: this.#usage() }),
        ...(vitrine !== null && { vitrine }),
      },
    ];
  }

  async whole(): Promise<object> {
    const vitrine = await extras(this.#choices, this.#request.fields);
    return {
      ...this.#of("chat.completion"),
      choices: this.#choices.map((choice) => {
        const { content, reasoning, calls, ofContent, ofReasoning } = this.#said[
          choice.index
        ] as Said;
        return {
          index: choice.index,
          message: {
            role: "assistant",
            content: content === "" && calls.length > 0 ? null : content,
            refusal: null,
            ...(reasoning !== "" && { reasoning_content: reasoning }),
            ...(calls.length > 0 && { tool_calls: calls }),
          },
          logprobs: this.#logprobs(ofContent, ofReasoning),
          finish_reason: choice.finishReason,
        };
      }),
      usage: this.#usage(),
      ...(vitrine !== null && { vitrine }),
    };
  }

  #of(object: string) {
    const { id, ...others } = this.#heading;
    return { id, object, ...others };
  }

  #chunk(
    { index }: Choice,
    delta: object,
    logprobs: object | null = null,
    finish_reason: string | null = null,
  ): object {
    const choices = [{ index, delta, logprobs, finish_reason }];
    return { ...this.#of("chat.completion.chunk"), choices };
  }

  #logprobs(ofContent: readonly GeneratedToken[], ofReasoning: readonly GeneratedToken[]) {
    if (!this.#request.logprobs) return null;
    const { tokenizer } = this.#service.model;
    return {
      content: chatLogprobs(tokenizer, ofContent),
      refusal: null,
      ...(ofReasoning.length > 0 && { reasoning_content: chatLogprobs(tokenizer, ofReasoning) }),
    };
  }

  #usage() {
    return usage(this.#choices, () => 0);
  }
}

function callMade(call: ToolCall): CallMade {
  const id = call.id ?? `call_${crypto.randomUUID().replaceAll("-", "").slice(0, 24)}`;
  const json = call.argumentsJson ?? JSON.stringify(call.arguments);
  return { id, type: "function", function: { name: call.name, arguments: json } };
}
