import type { GeneratedToken } from "../../engine/index.node.ts";
import type { Choice, Piece, TextChoice } from "../choice.ts";
import type { CompletionRequest } from "../requests/completionRequest.ts";
import type { Service } from "../service.ts";
import type { Answer } from "./answer.ts";
import { completionLogprobs } from "./logprobs.ts";
import { extras, type Heading, heading, usage } from "./shared.ts";

/** What a choice has so far. */
interface Written {
  text: string;
  readonly tokens: GeneratedToken[];
}

/** `/v1/completions` */
export class CompletionAnswer implements Answer {
  readonly #service: Service;
  readonly #request: CompletionRequest;
  readonly #choices: readonly TextChoice[];
  readonly #heading: Heading;
  readonly #written: readonly Written[];

  constructor(service: Service, request: CompletionRequest, choices: readonly TextChoice[]) {
    this.#service = service;
    this.#request = request;
    this.#choices = choices;
    this.#heading = heading("cmpl", service);
    this.#written = choices.map(() => ({ text: "", tokens: [] }));
  }

  opening(): null {
    return null;
  }

  take(choice: Choice, piece: Piece): object | null {
    const written = this.#written[choice.index] as Written;
    const text = piece.kind === "toolCall" ? "" : piece.text;
    const logprobs = this.#logprobs(piece.tokens, written.text.length);
    written.text += text;
    written.tokens.push(...piece.tokens);
    return text === "" && logprobs === null ? null : this.#chunk(choice, text, logprobs, null);
  }

  closing(choice: Choice): object {
    return this.#chunk(choice, "", null, choice.finishReason);
  }

  async tail(): Promise<object[]> {
    const { fields } = this.#request;
    const vitrine = await extras(this.#choices, fields);
    const isAsked = fields.stream_options?.include_usage === true;
    if (!isAsked && vitrine === null) return [];
    return [
      {
        ...this.#of(),
        choices: [],
        ...(isAsked && { usage: this.#usage() }),
        ...(vitrine !== null && { vitrine }),
      },
    ];
  }

  async whole(): Promise<object> {
    const vitrine = await extras(this.#choices, this.#request.fields);
    return {
      ...this.#of(),
      choices: this.#choices.map((choice) => {
        const { text, tokens } = this.#written[choice.index] as Written;
        const logprobs = this.#logprobs(tokens, 0);
        return { index: choice.index, text, logprobs, finish_reason: choice.finishReason };
      }),
      usage: this.#usage(),
      ...(vitrine !== null && { vitrine }),
    };
  }

  #of() {
    const { id, ...others } = this.#heading;
    return { id, object: "text_completion", ...others };
  }

  #chunk({ index }: Choice, text: string, logprobs: object | null, finish_reason: string | null) {
    return { ...this.#of(), choices: [{ index, text, logprobs, finish_reason }] };
  }

  #logprobs(tokens: readonly GeneratedToken[], offset: number) {
    if (!this.#request.logprobs) return null;
    return completionLogprobs(this.#service.model.tokenizer, tokens, offset);
  }

  #usage() {
    const prompts = new Map<Choice, number>(this.#choices.map((one) => [one, one.prompt]));
    return usage(this.#choices, (choice) => prompts.get(choice) ?? 0);
  }
}
