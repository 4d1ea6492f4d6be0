import { createHash } from "node:crypto";
import type { AwsClient } from "aws4fetch";
import { AbortedError, RemoteError } from "../base/errors.ts";
import { PATIENCE_MS, withPatience } from "../base/withPatience.ts";
import { type StoreAccess, storeAccess } from "./storeAccess.node.ts";
import { addressText, type StoreAddress } from "./storeAddress.ts";
import { type Asked, storeAway, storeRefusal } from "./storeErrors.ts";
import { inner } from "./storeXml.ts";

export interface StoreOptions {
  /** The function that asks, for messages. */
  readonly what: string;
  /** Milliseconds for which a store that is busy or away is asked again. Default ten minutes. */
  readonly patienceMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface StoreRequest {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  /** Of an object, whole; null for the bucket itself. */
  readonly key: string | null;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
}

interface Answer {
  readonly text: string;
  readonly response: Response;
}

/** How long a request may take: to be answered, and for its bytes at the slowest that is worth it. */
const TIMEOUT_MS = 60_000;
const SLOWEST_BYTES_PER_MS = 100;
const LONGEST_SHOWN = 120;

/** Requests to one bucket: signed with version 4, bodies too, and what comes of them as errors that say what to do. */
export class StoreRequests {
  readonly #bucket: string;
  readonly #access: StoreAccess;
  readonly #client: AwsClient;
  readonly #options: StoreOptions;

  private constructor(
    bucket: string,
    access: StoreAccess,
    client: AwsClient,
    options: StoreOptions,
  ) {
    this.#bucket = bucket;
    this.#access = access;
    this.#client = client;
    this.#options = options;
  }

  /** @throws InputError ERR_OPTION where the environment does not say how the store is reached */
  static async open(
    { bucket }: Pick<StoreAddress, "bucket">,
    options: StoreOptions,
  ): Promise<StoreRequests> {
    const access = storeAccess(options.what, process.env);
    const { AwsClient: Client } = await import("aws4fetch"); // who evaluates into folders needs none
    const { accessKeyId, secretAccessKey, sessionToken, region } = access;
    const client = new Client({
      ...{ accessKeyId, secretAccessKey, region, service: "s3", retries: 0 },
      ...(sessionToken !== undefined && { sessionToken }),
    });
    return new StoreRequests(bucket, access, client, options);
  }

  /** Tells this store from another with the same buckets. */
  get origin(): string {
    const { endpoint, region } = this.#access;
    return endpoint?.origin ?? `https://s3.${region}.amazonaws.com`;
  }

  /** Asks again for a while where the store is busy or away. @throws as `ask`; AbortedError ERR_ABORTED */
  patiently<Result>(ask: () => Promise<Result>): Promise<Result> {
    const { patienceMs = PATIENCE_MS, signal } = this.#options;
    return withPatience(ask, {
      ...{ patienceMs, signal },
      fix: "raise storePatienceMs (--store-patience) where it may be away for longer. What was finished is kept on this machine, and the same call goes on there.",
    });
  }

  /** The answer with its text. @throws as `ask` */
  async done(request: StoreRequest): Promise<Answer> {
    const response = await this.ask(request);
    const text = await response.text().catch((cause) => {
      throw this.away(request, cause);
    });
    return { text, response };
  }

  /** @throws RemoteError ERR_STORE_BUSY and ERR_STORE_UNREACHABLE for what may pass, ERR_STORE_BUCKET, ERR_STORE_TAKEN, ERR_STORE_REFUSED */
  async ask(request: StoreRequest): Promise<Response> {
    const { method, body, headers } = request;
    const given = this.#options.signal;
    const timeout = AbortSignal.timeout(
      Math.ceil(TIMEOUT_MS + (body?.length ?? 0) / SLOWEST_BYTES_PER_MS),
    );
    const signed = await this.#client.sign(this.#url(request), {
      method,
      headers: { ...headers, "x-amz-content-sha256": sha256Of(body ?? new Uint8Array()) },
      ...(body !== undefined && { body }),
    });
    const response = await fetch(signed, {
      redirect: "manual",
      signal: given === undefined ? timeout : AbortSignal.any([given, timeout]),
    }).catch((cause) => {
      throw this.away(request, cause);
    });
    if (response.ok) return response;
    const text = await response.text().catch(() => "");
    throw storeRefusal(this.#asked(request), response, text);
  }

  /** What came of a request that got no answer, or one that broke off. */
  away(request: StoreRequest, cause: unknown): RemoteError | AbortedError {
    if (this.#options.signal?.aborted) return new AbortedError(undefined, { cause });
    return storeAway(this.#asked(request), cause);
  }

  /** An answer that began well and says something else. */
  refused(request: StoreRequest, { response, text }: Answer): RemoteError {
    if (inner(text, "Code") !== null) return storeRefusal(this.#asked(request), response, text);
    const { method, place, origin } = this.#asked(request);
    return new RemoteError(
      "ERR_STORE_REFUSED",
      `${method} ${place}: expected an answer as Amazon S3 gives it from ${origin}, got ${JSON.stringify(text.slice(0, LONGEST_SHOWN))}. Correct AWS_ENDPOINT_URL_S3.`,
    );
  }

  #url({ key, query = {} }: StoreRequest): string {
    const { endpoint, region } = this.#access;
    // The certificate of Amazon's addresses holds for one label.
    const hasOwnHost = endpoint === null && !this.#bucket.includes(".");
    const base = endpoint?.href.replace(/\/+$/, "") ?? this.origin;
    const root = hasOwnHost
      ? `https://${this.#bucket}.s3.${region}.amazonaws.com`
      : `${base}/${this.#bucket}`;
    const url = new URL(`${root}/${(key ?? "").split("/").map(encoded).join("/")}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url.href;
  }

  #asked({ method, key }: StoreRequest): Asked {
    const place = addressText({ bucket: this.#bucket, prefix: key ?? "" });
    return { method, place, origin: this.origin };
  }
}

const sha256Of = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** As signatures have it: what RFC 3986 does not call unreserved is escaped. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
