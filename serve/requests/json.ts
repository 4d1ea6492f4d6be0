import { ApiError } from "../apiError.ts";

export type JsonRecord = Record<string, unknown>;

export function isObject(value: unknown): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads a request's body. @throws ApiError 415, 400 */
export async function readJson(request: {
  header(name: string): string | undefined;
  text(): Promise<string>;
}): Promise<unknown> {
  const type = request.header("content-type") ?? "";
  if (!/^application\/json\b/i.test(type))
    throw new ApiError(
      415,
      `Content-Type: expected application/json, got ${type === "" ? "none" : type}. Send JSON, and say so.`,
      { code: "unsupported_media_type" },
    );
  const text = await request.text();
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ApiError(
      400,
      `request: expected JSON as its body, got a text that is none (${(cause as Error).message}). Correct it.`,
      { code: "invalid_json", cause },
    );
  }
}
