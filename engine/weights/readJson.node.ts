import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { ConfigError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";

/** The longest JSON file of a checkpoint that is read: the largest tokenizers take about 40 MB. */
const MAX_BYTES = 256 * 2 ** 20;

/**
 * A file that holds a JSON object, or null where there is no such file.
 * @throws ConfigError ERR_JSON where it is not one, or cannot be read
 */
export async function readJson(path: string): Promise<{ json: JsonObject; text: string } | null> {
  const text = await readText(path);
  if (text === null) return null;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw wrong(path, `bytes that do not parse (${messageOf(cause)})`, cause);
  }
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw wrong(path, Array.isArray(json) ? "a list" : String(json));
  return { json: json as JsonObject, text };
}

/** A text file's content, or null where there is no such file. */
export async function readText(path: string): Promise<string | null> {
  try {
    const bytes = await readFile(path);
    if (bytes.length > MAX_BYTES) throw wrong(path, `${bytes.length} bytes`);
    return bytes.toString("utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null;
    if (cause instanceof ConfigError) throw cause;
    throw wrong(path, `a file that cannot be read (${messageOf(cause)})`, cause);
  }
}

function wrong(path: string, got: string, cause?: unknown): ConfigError {
  return new ConfigError(
    "ERR_JSON",
    `${basename(path)}: expected a JSON object, got ${got}. Look at ${path}, or download it again.`,
    { cause },
  );
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
