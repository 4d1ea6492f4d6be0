import type { Context } from "hono";
import { DEEPEST_JSON } from "../contents/jsonDepth.ts";
import { isObject, type JsonObject } from "../contents/jsonObject.ts";
import { HttpError } from "../httpError.ts";
import { parseJson, TooDeepError } from "../parseJson.ts";

/** The JSON body of a request, `{}` if it is empty. @throws HttpError 400 */
export async function jsonBody(context: Context): Promise<JsonObject> {
  const text = await bodyText(context);
  if (text === "") return {};
  let value: unknown;
  try {
    value = await parseJson(text);
  } catch (cause) {
    if (cause instanceof TooDeepError)
      throw new HttpError(
        400,
        `request body: expected at most ${DEEPEST_JSON} lists and objects in one another, got more. Send flatter JSON.`,
      );
    throw new HttpError(
      400,
      `request body: expected JSON, got ${(cause as Error).message}. Send JSON.`,
      { cause },
    );
  }
  if (!isObject(value))
    throw new HttpError(
      400,
      "request body: expected a JSON object, got another value. Send an object.",
    );
  return value;
}

/** Bodies above this are decoded as they come. */
const DECODED_AT_ONCE = 512 * 2 ** 10;

async function bodyText(context: Context): Promise<string> {
  const length = Number(context.req.header("content-length") ?? Number.POSITIVE_INFINITY);
  const body = length <= DECODED_AT_ONCE ? null : context.req.raw.body;
  if (body === null) return await context.req.text();
  const decoder = new TextDecoder();
  const parts: string[] = [];
  for await (const bytes of body) parts.push(decoder.decode(bytes, { stream: true }));
  parts.push(decoder.decode());
  return parts.join("");
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
