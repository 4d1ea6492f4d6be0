import { RemoteError } from "../base/errors.ts";
import { isObject } from "../base/json.ts";
import type { Endpoint } from "./endpoint.ts";

/** Longest piece of a server's answer that a message shows. */
const LONGEST = 300;

/** The server's refusal of a request, in a sentence. */
export async function refusedBy(
  what: string,
  endpoint: Endpoint,
  url: string,
  response: Response,
): Promise<RemoteError> {
  const { status } = response;
  const said = shortened(endpoint.redacted(messageIn(await response.text().catch(() => ""))));
  const got = `${status}${said === "" ? "" : `: ${JSON.stringify(said)}`}`;
  const retryAfterSeconds = secondsIn(response.headers.get("retry-after"));
  const details = { status, retryAfterSeconds };
  const again = retryAfterSeconds === null ? "later" : `in ${retryAfterSeconds} s`;
  if (status === 401 || status === 403)
    return new RemoteError(
      "ERR_REMOTE_KEY",
      endpoint.hasKey
        ? `${what}: expected the server to accept the API key, got ${got}. Pass a key that it knows, as apiKey.`
        : `${what}: expected a server that asks for no API key, got ${got}. Pass one as apiKey.`,
      details,
    );
  if (status === 404)
    return new RemoteError(
      "ERR_REMOTE_NOT_FOUND",
      `${what}: expected the model ${JSON.stringify(endpoint.model)} at ${url}, got ${got}. Look at baseUrl, which ends with /v1 at most servers, and at what \`await remote.models()\` lists.`,
      details,
    );
  if (status === 429)
    return new RemoteError(
      "ERR_REMOTE_BUSY",
      `${what}: expected a server with room for one more request, got ${got}. Ask again ${again}.`,
      details,
    );
  if (status >= 500)
    return new RemoteError(
      "ERR_REMOTE_FAILED",
      `${what}: expected an answer, got ${got}. Ask again ${again}, or look at the server's log.`,
      details,
    );
  return new RemoteError(
    "ERR_REMOTE_REFUSED",
    `${what}: expected a request that the server takes, got ${got}. Leave out or correct what it names.`,
    details,
  );
}

/** An error that a server tells of in the middle of a stream. */
export function failedMidway(what: string, endpoint: Endpoint, error: unknown): RemoteError {
  const said = shortened(endpoint.redacted(messageOf(error) ?? String(JSON.stringify(error))));
  return new RemoteError(
    "ERR_REMOTE_FAILED",
    `${what}: expected the rest of the answer, got an error of the server: ${JSON.stringify(said)}. What came before it is kept; ask again, or look at the server's log.`,
  );
}

export function unreachable(what: string, endpoint: Endpoint, cause: unknown): RemoteError {
  const reason = (cause as { cause?: { code?: unknown } })?.cause?.code ?? messageOf(cause);
  return new RemoteError(
    "ERR_REMOTE_UNREACHABLE",
    `${what}: expected an answer from ${endpoint.baseUrl}, got none (${endpoint.redacted(String(reason))}). Start the server, or correct baseUrl.`,
    { cause },
  );
}

export function tooSlow(what: string, endpoint: Endpoint): RemoteError {
  return new RemoteError(
    "ERR_REMOTE_TIMEOUT",
    `${what}: expected something of the server within ${endpoint.timeoutMs} ms, got nothing. Ask again, or raise timeoutMs.`,
  );
}

export function brokenOff(what: string, cause?: unknown): RemoteError {
  return new RemoteError(
    "ERR_REMOTE_CUT",
    `${what}: expected an answer with an end, got a stream that broke off. What came before is kept; ask again.`,
    cause === undefined ? {} : { cause },
  );
}

/** @param text of the server, which is no JSON or another's */
export function notOpenAI(what: string, endpoint: Endpoint, text: string): RemoteError {
  const shown = JSON.stringify(shortened(endpoint.redacted(text)));
  return new RemoteError(
    "ERR_REMOTE_PROTOCOL",
    `${what}: expected an answer in the form of OpenAI's API, got ${shown}. Look at baseUrl, which ends with /v1 at most servers.`,
  );
}

/** What a body of JSON says went wrong, or the body. */
function messageIn(body: string): string {
  try {
    return messageOf(JSON.parse(body)) ?? body;
  } catch {
    return body;
  }
}

/** OpenAI has it under `error`, others beside it or under `detail`. */
function messageOf(value: unknown): string | null {
  if (value instanceof Error) return value.message;
  if (typeof value === "string") return value;
  if (!isObject(value)) return null;
  return messageOf(value.error) ?? messageOf(value.message) ?? messageOf(value.detail);
}

/** In one line, without the full stop that our own sentence brings. */
function shortened(text: string): string {
  const line = text.replace(/\s+/g, " ").trim().replace(/\.$/, "");
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}

/** Seconds of a Retry-After header; a date counts from now. */
function secondsIn(header: string | null): number | null {
  if (header === null || header.trim() === "") return null;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, Math.ceil((date - Date.now()) / 1000));
}
