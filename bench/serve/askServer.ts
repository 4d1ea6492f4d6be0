/** A client of OpenAI's API that reads streams of events, and nothing else. */

/** What a stream brought. */
export interface Reply {
  readonly status: number;
  readonly text: string;
  readonly reasoning: string;
  /** Of every token, in order, where the request asks for them. */
  readonly logprobs: readonly number[];
  readonly finishReason: string | null;
  readonly seed: number;
  /** Whether the stream ended as it should, by [DONE]. */
  readonly isWhole: boolean;
  /** Milliseconds to the first chunk with text, and to the end. */
  readonly firstMs: number;
  readonly totalMs: number;
  readonly completionTokens: number;
  /** What the server said where it refused or broke off. */
  readonly error: string | null;
}

interface Chunk {
  readonly choices?: readonly {
    readonly delta?: { readonly content?: string; readonly reasoning_content?: string };
    readonly logprobs?: {
      readonly content?: readonly { readonly logprob: number }[];
      readonly reasoning_content?: readonly { readonly logprob: number }[];
    } | null;
    readonly finish_reason?: string | null;
  }[];
  readonly usage?: { readonly completion_tokens: number } | null;
  readonly error?: { readonly message: string };
}

/** Data of a stream's events, as they come. */
async function* events(response: Response): AsyncGenerator<string, void, undefined> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const bytes of response.body ?? []) {
    rest += decoder.decode(bytes, { stream: true });
    const parts = rest.split("\n\n");
    rest = parts.pop() ?? "";
    for (const part of parts) if (part.startsWith("data: ")) yield part.slice("data: ".length);
  }
}

/**
 * Asks for a reply to a conversation, as a stream.
 * @param url without /v1
 * @param onChunk is told how many chunks have come
 * @throws what fetch throws where the connection breaks
 */
export async function askServer(
  url: string,
  fields: object,
  { signal, token, onChunk }: AskOptions = {},
): Promise<Reply> {
  const startedAt = performance.now();
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ stream: true, stream_options: { include_usage: true }, ...fields }),
    ...(signal !== undefined && { signal }),
  });
  const reply = {
    ...{ status: response.status, text: "", reasoning: "", isWhole: false },
    ...{ seed: Number(response.headers.get("x-vitrine-seed")), firstMs: 0, completionTokens: 0 },
    finishReason: null as string | null,
    error: null as string | null,
  };
  const logprobs: number[] = [];
  const ended = () => ({ ...reply, logprobs, totalMs: performance.now() - startedAt });
  if (!response.ok) {
    reply.error = ((await response.json()) as Chunk).error?.message ?? null;
    return ended();
  }
  let count = 0;
  for await (const data of events(response)) {
    if (data === "[DONE]") {
      reply.isWhole = true;
      break;
    }
    const { choices = [], usage, error } = JSON.parse(data) as Chunk;
    if (error !== undefined) reply.error = error.message;
    if (usage) reply.completionTokens = usage.completion_tokens;
    for (const { delta = {}, logprobs: of, finish_reason } of choices) {
      reply.text += delta.content ?? "";
      reply.reasoning += delta.reasoning_content ?? "";
      if (reply.firstMs === 0 && reply.text + reply.reasoning !== "")
        reply.firstMs = performance.now() - startedAt;
      logprobs.push(...(of?.reasoning_content ?? []).map(({ logprob }) => logprob));
      logprobs.push(...(of?.content ?? []).map(({ logprob }) => logprob));
      reply.finishReason = finish_reason ?? reply.finishReason;
    }
    onChunk?.(++count);
  }
  return ended();
}

export interface AskOptions {
  readonly signal?: AbortSignal;
  readonly token?: string;
  readonly onChunk?: (count: number) => void;
}
