import type { Context } from "hono";
import type { JsonObject } from "../contents/jsonObject.ts";
import { HttpError } from "../httpError.ts";
import { parseBody } from "../json/parseBody.ts";

/** For a body that does not say how long it is. */
const FIRST_ROOM = 64 * 2 ** 10;

/** Of any request. */
export const MAX_BODY_BYTES = 512 * 2 ** 20;
/** Of settings, a workspace or a section of the configuration. */
export const MAX_KEPT_BYTES = 2 ** 20;
/** Of a request that names things. */
const MAX_NAMING_BYTES = 64 * 2 ** 10;

/** The JSON body of a request that is no file or notebook, `{}` if it is empty. @throws HttpError 400, 413 */
export async function jsonBody(
  context: Context,
  maxBytes: number = MAX_NAMING_BYTES,
): Promise<JsonObject> {
  return parseBody([await bodyBytes(context, maxBytes)]);
}

/**
 * The body of a request. One that is too long is heard to its end all the same, so that its client gets to read why.
 * @throws HttpError 413 if it is longer than `maxBytes`
 */
export async function bodyBytes(context: Context, maxBytes: number): Promise<Uint8Array> {
  const said = Number(context.req.header("content-length") ?? Number.NaN);
  if (said > MAX_BODY_BYTES) throw tooLong(maxBytes);
  const { body } = context.req.raw;
  if (body === null) return new Uint8Array();
  let room = new Uint8Array(said <= maxBytes ? said : FIRST_ROOM);
  let length = 0;
  for await (const piece of body) {
    const start = length;
    length += piece.byteLength;
    if (length > MAX_BODY_BYTES) break;
    if (length > maxBytes) continue;
    if (length > room.byteLength) {
      const wider = new Uint8Array(Math.max(length, 2 * room.byteLength));
      wider.set(room.subarray(0, start));
      room = wider;
    }
    room.set(piece, start);
  }
  if (length > maxBytes) throw tooLong(maxBytes);
  return room.subarray(0, length);
}

function tooLong(maxBytes: number): HttpError {
  return new HttpError(
    413,
    `request body: expected at most ${maxBytes / 1024} KiB, got more. Send less; a file can be uploaded in pieces.`,
    { reason: "too large" },
  );
}

export function textOrNull(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

/** What follows `prefix` in the address, percent-decoded once. @throws HttpError 400 for a broken escape */
export function pathAfter(context: Context, prefix: string): string {
  const { pathname } = new URL(context.req.url);
  try {
    return decodeURIComponent(pathname.slice(prefix.length)).replace(/^\/+|\/+$/g, "");
  } catch (cause) {
    throw new HttpError(
      400,
      `address: expected percent-encoded UTF-8, got ${pathname}. Encode the path.`,
      { cause },
    );
  }
}
