import { DEEPEST_JSON } from "../contents/jsonDepth.ts";
import { isObject, type JsonObject } from "../contents/jsonObject.ts";
import { HttpError } from "../httpError.ts";
import { parseJson, TooDeepError } from "./parseJson.ts";

/** The JSON body of a request, `{}` if it is empty. @throws HttpError 400 */
export function parseBody(bytes: readonly Uint8Array[]): JsonObject {
  const text = new TextDecoder().decode(bytes.length === 1 ? bytes[0] : Buffer.concat(bytes));
  if (text === "") return {};
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (cause) {
    if (cause instanceof TooDeepError)
      throw new HttpError(
        400,
        `request body: expected at most ${DEEPEST_JSON} lists and objects in one another, got more. Send flatter JSON.`,
      );
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new HttpError(400, `request body: expected JSON, got ${cause.message}. Send JSON.`, {
      cause,
    });
  }
  if (!isObject(value))
    throw new HttpError(
      400,
      "request body: expected a JSON object, got another value. Send an object.",
    );
  return value;
}
