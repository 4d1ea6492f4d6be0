import { createHash } from "node:crypto";
import { RemoteError } from "../base/errors.ts";
import { type Content, textContent } from "./content.node.ts";
import { addressText, type StoreAddress } from "./storeAddress.ts";
import { type StoreOptions, type StoreRequest, StoreRequests } from "./storeRequests.node.ts";
import { inner, type ListedPage, listedPage } from "./storeXml.ts";

/** A hash over the bytes, which travels with an object. */
const HASH_HEADER = "x-amz-meta-sha256";
/** Larger objects go up in pieces of this size, of which there may be 10,000. */
const PART_BYTES = 64 * 2 ** 20;
/** What a store says that does not know conditions. */
const NOT_IMPLEMENTED = 501;

/**
 * Objects under an address, behind the interface of Amazon S3 (ListObjectsV2, GetObject, PutObject, multipart uploads), which others have too:
 * MinIO, Ceph, R2. A store that is busy or away is asked again for a while. Every function throws what `StoreRequests` does.
 */
export class ObjectStore {
  readonly #address: StoreAddress;
  readonly #requests: StoreRequests;
  readonly #partBytes: number;

  private constructor(address: StoreAddress, requests: StoreRequests, partBytes: number) {
    this.#address = address;
    this.#requests = requests;
    this.#partBytes = partBytes;
  }

  /** @throws InputError ERR_OPTION where the environment does not say how the store is reached */
  static async open(
    address: StoreAddress,
    options: StoreOptions,
    partBytes = PART_BYTES,
  ): Promise<ObjectStore> {
    return new ObjectStore(address, await StoreRequests.open(address, options), partBytes);
  }

  /** Tells this store from another with the same address. */
  get origin(): string {
    return this.#requests.origin;
  }

  /** An object as people write it; of "" the address itself. */
  placeOf(key: string): string {
    const { bucket } = this.#address;
    return addressText({ bucket, prefix: this.#whole(key) });
  }

  /** Every object's bytes by its key below the address. @param below what those keys begin with */
  async list(below = ""): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    for await (const { objects } of this.#pages(below, {}))
      for (const { key, bytes } of objects) found.set(this.#below(key), bytes);
    return found;
  }

  /** The names of what looks like folders there. */
  async folders(): Promise<string[]> {
    const found: string[] = [];
    for await (const { prefixes } of this.#pages("", { delimiter: "/" }))
      found.push(...prefixes.map((prefix) => this.#below(prefix).replace(/\/$/, "")));
    return found;
  }

  /**
   * Hands on the bytes of an object, and does so again from their beginning where they broke off or have another hash than was put.
   * @returns what `take` returned; null where there is no such object
   */
  async get<Result>(
    key: string,
    take: (pieces: AsyncIterable<Uint8Array>) => Promise<Result>,
  ): Promise<Result | null> {
    const request = { method: "GET", key: this.#whole(key) } as const;
    return this.#requests.patiently(async () => {
      const response = await this.#requests.ask(request).catch((error: unknown) => {
        const isNone = error instanceof RemoteError && error.status === 404;
        if (isNone && error.code !== "ERR_STORE_BUCKET") return null;
        throw error;
      });
      return response === null ? null : take(this.#pieces(request, response));
    });
  }

  /** An object that is a short text; null where there is none. */
  async text(key: string): Promise<string | null> {
    return this.get(key, async (pieces) => {
      const all: Uint8Array[] = [];
      for await (const piece of pieces) all.push(piece);
      return Buffer.concat(all).toString("utf8");
    });
  }

  /** Writes an object, in the place of one that is there: it is whole, or not there. @throws what reading the content throws */
  async put(key: string, content: Content): Promise<void> {
    if (content.bytes <= this.#partBytes) await this.#putWhole(key, content, {});
    else await this.#putParts(key, content);
  }

  /** Writes a short text that is not there yet. @returns false where it was; stores that know no conditions replace it */
  async create(key: string, text: string): Promise<boolean> {
    const content = textContent(text);
    try {
      await this.#putWhole(key, content, { "if-none-match": "*" });
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error;
      if (error.code === "ERR_STORE_TAKEN") return false;
      if (error.status !== NOT_IMPLEMENTED) throw error;
      await this.#putWhole(key, content, {});
    }
    return true;
  }

  async #putWhole(
    key: string,
    content: Content,
    condition: Readonly<Record<string, string>>,
  ): Promise<void> {
    let body = new Uint8Array();
    for await (const whole of content.pieces(this.#partBytes)) body = whole;
    const headers = { ...condition, [HASH_HEADER]: content.sha256 };
    const request = { method: "PUT", key: this.#whole(key), headers, body } as const;
    await this.#requests.patiently(() => this.#requests.done(request));
  }

  /** In pieces, which become an object once the last is there: none before. */
  async #putParts(name: string, content: Content): Promise<void> {
    const key = this.#whole(name);
    const headers = { [HASH_HEADER]: content.sha256 };
    const uploadId = await this.#uploadId({ method: "POST", key, query: { uploads: "" }, headers });
    try {
      const parts: string[] = [];
      for await (const body of content.pieces(this.#partBytes)) {
        const number = parts.length + 1;
        const query = { partNumber: String(number), uploadId };
        const { response } = await this.#requests.patiently(() =>
          this.#requests.done({ method: "PUT", key, query, body }),
        );
        const etag = response.headers.get("etag");
        parts.push(`<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`);
      }
      await this.#complete({ method: "POST", key, query: { uploadId } }, parts);
    } catch (error) {
      const undo = { method: "DELETE", key, query: { uploadId } } as const;
      await this.#requests.done(undo).catch(() => {}); // parts that nobody puts together cost rent
      throw error;
    }
  }

  async #uploadId(request: StoreRequest): Promise<string> {
    const answer = await this.#requests.patiently(() => this.#requests.done(request));
    const uploadId = inner(answer.text, "UploadId");
    if (uploadId === null) throw this.#requests.refused(request, answer);
    return uploadId;
  }

  async #complete(request: StoreRequest, parts: readonly string[]): Promise<void> {
    const xml = `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts.join("")}</CompleteMultipartUpload>`;
    const body = new Uint8Array(Buffer.from(xml));
    await this.#requests.patiently(async () => {
      const answer = await this.#requests.done({ ...request, body });
      // Stores answer 200 before they are done, and may end with an error.
      if (!answer.text.includes("<CompleteMultipartUploadResult"))
        throw this.#requests.refused(request, answer);
    });
  }

  async *#pages(below: string, more: Readonly<Record<string, string>>): AsyncGenerator<ListedPage> {
    const { prefix } = this.#address;
    const begins = prefix === "" ? below : `${prefix}/${below}`;
    for (let next: string | null = ""; next !== null; ) {
      const query = {
        ...{ "list-type": "2", "encoding-type": "url", ...more },
        ...(begins !== "" && { prefix: begins }),
        ...(next !== "" && { "continuation-token": next }),
      };
      const request = { method: "GET", key: null, query } as const;
      const answer = await this.#requests.patiently(() => this.#requests.done(request));
      if (!answer.text.includes("<ListBucketResult")) throw this.#requests.refused(request, answer);
      const page = listedPage(answer.text);
      yield page;
      next = page.next;
    }
  }

  /** The pieces of a body, held against the hash that came with them. */
  async *#pieces(request: StoreRequest, response: Response): AsyncGenerator<Uint8Array> {
    const hash = createHash("sha256");
    const reader = (response.body ?? new Blob().stream()).getReader();
    try {
      for (;;) {
        const { done, value } = await reader.read().catch((cause) => {
          throw this.#requests.away(request, cause);
        });
        if (done) break;
        hash.update(value);
        yield value;
      }
    } finally {
      await reader.cancel().catch(() => {}); // whoever takes them may have thrown
    }
    const put = response.headers.get(HASH_HEADER);
    if (put !== null && put !== hash.digest("hex"))
      throw this.#requests.away(request, new Error("bytes with another sha256 than was put"));
  }

  #whole(key: string): string {
    return [this.#address.prefix, key].filter((part) => part !== "").join("/");
  }

  #below(key: string): string {
    const { prefix } = this.#address;
    return prefix === "" ? key : key.slice(prefix.length + 1);
  }
}
