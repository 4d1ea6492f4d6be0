import type { Context } from "hono";
import { isObject, type JsonObject } from "../contents/jsonObject.ts";
import { HttpError } from "../httpError.ts";

/** The JSON body of a request, `{}` if it is empty. @throws HttpError 400 */
export async function jsonBody(context: Context): Promise<JsonObject> {
  const text = await context.req.text();
  if (text === "") return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
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
