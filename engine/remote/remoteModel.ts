import { InputError } from "../base/errors.ts";
import { withHostSignal } from "../base/hostSignal.ts";
import { isObject, type JsonObject } from "../base/json.ts";
import type { ChatMessage } from "../template/chat.ts";
import { type Endpoint, endpointOf, type RemoteModelOptions } from "./endpoint.ts";
import { exchange } from "./exchange.ts";
import { cannot, Receipt } from "./receipt.ts";
import { RemoteChat } from "./remoteChat.ts";
import { notOpenAI } from "./remoteErrors.ts";
import { RemoteGeneration } from "./remoteGeneration.ts";
import {
  chatFields,
  generateFields,
  type RemoteChatOptions,
  type RemoteGenerateOptions,
} from "./remoteOptions.ts";
import { wireMessages } from "./wireMessages.ts";

/**
 * A model behind any server with OpenAI's API: vLLM, SGLang, llama.cpp, DeepSeek, OpenAI, `vitrine serve`. It generates, chats
 * and says what that costs; what a server cannot show it refuses by name. Nothing is sent before a reply is iterated over.
 * @throws InputError ERR_OPTION
 */
export function remoteModel(options: RemoteModelOptions): RemoteModel {
  return new RemoteModel(endpointOf(options));
}

/** What `remoteModel` gives. */
export class RemoteModel {
  readonly model: string;
  readonly baseUrl: string;
  readonly #endpoint: Endpoint;

  /** Remote models come from `remoteModel`. */
  constructor(endpoint: Endpoint) {
    this.model = endpoint.model;
    this.baseUrl = endpoint.baseUrl;
    this.#endpoint = endpoint;
  }

  /**
   * Continues a text, or token ids at servers that take them: /completions.
   * @throws InputError ERR_OPTION, ERR_PROMPT, ERR_REMOTE_CANNOT; RemoteError while it is iterated over
   */
  generate(
    prompt: string | readonly number[],
    options: RemoteGenerateOptions = {},
  ): RemoteGeneration {
    const isIds =
      Array.isArray(prompt) && prompt.every((id) => Number.isSafeInteger(id) && id >= 0);
    if ((typeof prompt !== "string" && !isIds) || prompt.length === 0)
      throw new InputError(
        "ERR_PROMPT",
        `remote generate: expected a text or token ids, got ${JSON.stringify(prompt)?.slice(0, 80)}. Pass "Once upon a time".`,
      );
    const body = { model: this.model, prompt, ...generateFields(options) };
    return new RemoteGeneration(
      this,
      this.#ask("remote generate", "/completions", body, options.signal),
    );
  }

  /**
   * A reply to a conversation: /chat/completions.
   * @throws InputError ERR_OPTION, ERR_CHAT, ERR_REMOTE_CANNOT; RemoteError while it is iterated over
   */
  chat(messages: readonly ChatMessage[], options: RemoteChatOptions = {}): RemoteChat {
    const fields = chatFields(options);
    const body = { model: this.model, messages: wireMessages(messages), ...fields };
    return new RemoteChat(
      this,
      this.#ask("remote chat", "/chat/completions", body, options.signal),
    );
  }

  /** The models that the server lists: /models. @throws RemoteError; AbortedError ERR_ABORTED */
  async models(): Promise<string[]> {
    const what = "remote models";
    const endpoint = this.#endpoint;
    const signal = withHostSignal(undefined);
    for await (const answer of exchange({ what, endpoint, path: "/models", body: null, signal })) {
      if (!Array.isArray(answer.data)) throw notOpenAI(what, endpoint, JSON.stringify(answer));
      return answer.data.filter(isObject).map(({ id }) => String(id));
    }
    return [];
  }

  /** A server shows no run. @throws InputError ERR_REMOTE_CANNOT always */
  run(..._: readonly unknown[]): never {
    return cannot("remote run", this);
  }

  /** A server shows no runs. @throws InputError ERR_REMOTE_CANNOT always */
  runAll(..._: readonly unknown[]): never {
    return cannot("remote runAll", this);
  }

  /** A server does not stop between operators. @throws InputError ERR_REMOTE_CANNOT always */
  step(..._: readonly unknown[]): never {
    return cannot("remote step", this);
  }

  /** A server takes no edits. @throws InputError ERR_REMOTE_CANNOT always */
  sweep(..._: readonly unknown[]): never {
    return cannot("remote sweep", this);
  }

  /** A server has no sites to look at. @throws InputError ERR_REMOTE_CANNOT always */
  sites(): never {
    return cannot("remote sites", this);
  }

  /** A server does not tell what it computes. @throws InputError ERR_REMOTE_CANNOT always */
  get plan(): never {
    return cannot("remote plan", this);
  }

  /** A server keeps its tokenizer. @throws InputError ERR_REMOTE_CANNOT always */
  get tokenizer(): never {
    return cannot("remote tokenizer", this);
  }

  #ask(what: string, path: string, body: JsonObject, signal: AbortSignal | undefined): Receipt {
    return new Receipt({
      ...{ what, path, body, endpoint: this.#endpoint },
      signal: withHostSignal(signal),
    });
  }

  toString(): string {
    return `Remote model ${this.model} at ${this.baseUrl}`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}
