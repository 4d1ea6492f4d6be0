import { isTooDeep } from "../contents/jsonDepth.ts";

/** A text has more lists and objects in one another than `DEEPEST_JSON`. */
export class TooDeepError extends Error {}

/** As `JSON.parse`. @throws SyntaxError, TooDeepError */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (isTooDeep(value)) throw new TooDeepError();
  return value;
}
