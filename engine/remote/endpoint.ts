import { checkOptions, checkSignals, type OptionNames } from "../base/checkOptions.ts";
import { InputError } from "../base/errors.ts";
import { isObject } from "../base/json.ts";

/** A model behind a server with OpenAI's API. */
export interface RemoteModelOptions {
  /** What stands before /chat/completions: "https://api.deepseek.com/v1", "http://127.0.0.1:8000/v1". */
  readonly baseUrl: string;
  /** Sent as a bearer token; it appears in no message. Default: none. */
  readonly apiKey?: string;
  /** The model as the server names it. */
  readonly model: string;
  /** Further headers of every request; their values appear in no message. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends every request of this model. */
  readonly signal?: AbortSignal;
  /** Milliseconds in which nothing comes before a request is given up. Default 300,000. */
  readonly timeoutMs?: number;
}

const OPTIONS: OptionNames<RemoteModelOptions> = {
  baseUrl: true,
  apiKey: true,
  model: true,
  headers: true,
  signal: true,
  timeoutMs: true,
};

/** Where requests go, and with what. */
export interface Endpoint {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly model: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly hasKey: boolean;
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number;
  /** A text without the key and the headers' values, for messages. */
  redacted(text: string): string;
}

const TIMEOUT_MS = 300_000;
/** Longer waits overflow a timer. */
const LONGEST_MS = 2 ** 31 - 1;
/** Values this short are no secrets, and their letters are in every sentence. */
const SHORTEST_SECRET = 4;

/** @throws InputError ERR_OPTION */
export function endpointOf(options: RemoteModelOptions): Endpoint {
  checkOptions("remoteModel", options, OPTIONS);
  const { baseUrl, apiKey, model, headers = {}, signal, timeoutMs = TIMEOUT_MS } = options;
  checkSignals("remoteModel", options);
  if (typeof model !== "string" || model === "")
    throw wrong("model", "the model's name at the server", model, "Ask for /models what there is.");
  if (apiKey !== undefined && !isHeaderValue(apiKey))
    throw wrong("apiKey", "a text of printable letters", "something else", "Copy the key again.");
  if (!isObject(headers))
    throw wrong("headers", "an object with names and texts", headers, 'Write { "x-team": "a" }.');
  for (const [name, value] of Object.entries(headers))
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || !isHeaderValue(value))
      throw wrong(
        `headers ${JSON.stringify(name)}`,
        "a text of printable letters",
        "another",
        "Correct it.",
      );
  if (!Number.isSafeInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > LONGEST_MS)
    throw wrong(
      "timeoutMs",
      "a whole number of milliseconds",
      timeoutMs,
      "300000 are five minutes.",
    );
  const secrets = [apiKey ?? "", ...Object.values(headers)]
    .filter((text) => text.length >= SHORTEST_SECRET)
    .sort((a, b) => b.length - a.length);
  return {
    baseUrl: checkedUrl(baseUrl),
    model,
    headers: { ...headers, ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }) },
    hasKey: apiKey !== undefined,
    signal,
    timeoutMs,
    redacted: (text) => secrets.reduce((left, secret) => left.replaceAll(secret, "[secret]"), text),
  };
}

function checkedUrl(given: unknown): string {
  const fix = 'Write "http://127.0.0.1:8000/v1".';
  const url = typeof given === "string" && URL.canParse(given) ? new URL(given) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    throw wrong("baseUrl", "an address of http or https", given, fix);
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "")
    throw wrong(
      "baseUrl",
      "an address without a password, ? and #",
      `${url.origin}${url.pathname} with more`,
      "Pass keys as apiKey or headers.",
    );
  return url.href.replace(/\/+$/, "");
}

/** What fetch takes as a header's value: else its own message would show it. */
function isHeaderValue(value: unknown): value is string {
  return (
    typeof value === "string" &&
    value !== "" &&
    /^[\x21-\x7e\xa1-\xff]([\x20-\x7e\xa1-\xff]*[\x21-\x7e\xa1-\xff])?$/.test(value)
  );
}

function wrong(name: string, expected: string, got: unknown, fix: string): InputError {
  return new InputError(
    "ERR_OPTION",
    `remoteModel ${name}: expected ${expected}, got ${JSON.stringify(got)}. ${fix}`,
  );
}
