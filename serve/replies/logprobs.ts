import type { GeneratedToken, Tokenizer } from "../../engine/index.node.ts";

interface Told {
  readonly token: string;
  readonly logprob: number;
  readonly bytes: number[];
}

function told(tokenizer: Tokenizer, id: number, logprob: number): Told {
  const bytes = [...tokenizer.tokenBytes(id)];
  return { token: tokenizer.tokenText(id), logprob, bytes };
}

/** Tokens as chat completions tell of them. */
export function chatLogprobs(tokenizer: Tokenizer, tokens: readonly GeneratedToken[]) {
  return tokens.map(({ id, logprob, likeliest = [] }) => ({
    ...told(tokenizer, id, logprob),
    top_logprobs: likeliest.map((other) => told(tokenizer, other.id, other.logprob)),
  }));
}

/** Tokens as completions tell of them. @param offset characters of the text before them */
export function completionLogprobs(
  tokenizer: Tokenizer,
  tokens: readonly GeneratedToken[],
  offset: number,
) {
  let at = offset;
  return {
    tokens: tokens.map(({ id }) => tokenizer.tokenText(id)),
    token_logprobs: tokens.map(({ logprob }) => logprob),
    top_logprobs: tokens.map(({ likeliest = [] }) =>
      Object.fromEntries(likeliest.map(({ id, logprob }) => [tokenizer.tokenText(id), logprob])),
    ),
    text_offset: tokens.map(({ text }) => {
      const start = at;
      at += text.length;
      return start;
    }),
  };
}
