import { RemoteError } from "../base/errors.ts";
import { inner, unescaped } from "./storeXml.ts";

/** A request, for messages. */
export interface Asked {
  readonly method: string;
  /** "s3://bucket/key", or what is asked of the bucket. */
  readonly place: string;
  /** Where it was sent: the origin alone, as queries may be signed. */
  readonly origin: string;
}

/** What to do about what stores say, by the code that they say it with. */
const FIXES: Readonly<Record<string, string>> = {
  InvalidAccessKeyId: "Correct AWS_ACCESS_KEY_ID: the store knows no such key.",
  SignatureDoesNotMatch: "Correct AWS_SECRET_ACCESS_KEY: it is not the key's.",
  AccessDenied: "Have the key allowed to list the bucket, and to get and put objects there.",
  ExpiredToken: "Export credentials that are still valid, AWS_SESSION_TOKEN with them.",
  InvalidToken: "Export AWS_SESSION_TOKEN as it was given, or unset it.",
  RequestTimeTooSkewed: "Set this machine's clock.",
};
const BUSY = new Set([408, 429, 500, 502, 503, 504]);
const LONGEST = 300;

/** What a store refuses, or cannot do just now. */
export function storeRefusal(asked: Asked, response: Response, body: string): RemoteError {
  const { status } = response;
  const code = inner(body, "Code");
  const message = unescaped(inner(body, "Message") ?? "").slice(0, LONGEST);
  const said = [code ?? response.statusText, message].filter((it) => it !== "").join(": ");
  const region = response.headers.get("x-amz-bucket-region") ?? inner(body, "Region");
  const got = `${status}${said === "" ? "" : ` (${said})`}`;
  const retryAfterSeconds = secondsOf(response.headers.get("retry-after"));
  const details = { status, retryAfterSeconds };
  const request = `${asked.method} ${asked.place}`;
  if (BUSY.has(status) || code === "SlowDown" || code === "RequestTimeout")
    return new RemoteError(
      "ERR_STORE_BUSY",
      `${request}: expected the store at ${asked.origin} to do it, got ${got}. It may be over when it is asked again.`,
      details,
    );
  if (code === "NoSuchBucket")
    return new RemoteError(
      "ERR_STORE_BUCKET",
      `${request}: expected a bucket that the store at ${asked.origin} has, got ${got}. Make the bucket, or correct its name or the endpoint.`,
      details,
    );
  if (status === 412 || status === 409)
    return new RemoteError(
      "ERR_STORE_TAKEN",
      `${request}: expected no object of that name at ${asked.origin}, got ${got}. Choose another address.`,
      details,
    );
  const isElsewhere = [301, 307, 400].includes(status) && region !== null;
  const fix = isElsewhere
    ? `The bucket is in another region: export AWS_REGION=${region}.`
    : (code !== null && FIXES[code]) || fixOf(status);
  return new RemoteError(
    "ERR_STORE_REFUSED",
    `${request}: expected the store at ${asked.origin} to do it, got ${got}. ${fix}`,
    details,
  );
}

const fixOf = (status: number): string =>
  status === 403
    ? "Correct the credentials, or have them allowed to do it."
    : "Correct the address or the endpoint.";

/** A store from which no answer came, or an answer that broke off. */
export function storeAway({ method, place, origin }: Asked, cause: unknown): RemoteError {
  const { code } = (cause as { cause?: { code?: unknown } }).cause ?? {};
  const { name, message } = cause as Error;
  const reason = name === "TimeoutError" ? "it took too long" : String(code ?? message);
  return new RemoteError(
    "ERR_STORE_UNREACHABLE",
    `${method} ${place}: expected an answer from the store at ${origin}, got none (${reason}). Look whether it runs, or correct AWS_ENDPOINT_URL_S3.`,
    { cause },
  );
}

function secondsOf(text: string | null): number | null {
  return text !== null && /^\d+$/.test(text) ? Number(text) : null;
}
