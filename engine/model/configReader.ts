import { ConfigError } from "../errors.ts";

export type JsonObject = { readonly [key: string]: unknown };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Typed access to a config.json, with errors that name the field. Null and absent mean the same. */
export class ConfigReader {
  readonly #raw: JsonObject;
  readonly #where: string;

  constructor(raw: unknown, where = "config.json") {
    if (!isObject(raw))
      throw new ConfigError(
        "ERR_CONFIG",
        `${where}: expected a JSON object, got ${describe(raw)}. Point at a Hugging Face model folder.`,
      );
    this.#raw = raw;
    this.#where = where;
  }

  has(key: string): boolean {
    return this.#raw[key] !== undefined && this.#raw[key] !== null;
  }

  raw(key: string): unknown {
    return this.#raw[key] ?? null;
  }

  number(key: string, fallback?: number): number {
    const value = this.raw(key) ?? fallback;
    if (typeof value !== "number" || !Number.isFinite(value)) this.fail(key, "a number");
    return value;
  }

  /** A whole number from `least` to `most`: a damaged size must not ask for memory that no model needs. */
  count(key: string, fallback?: number, least = 1, most = 2 ** 31 - 1): number {
    const value = this.number(key, fallback);
    if (!Number.isInteger(value) || value < least || value > most)
      this.fail(key, `a whole number from ${least} to ${most}`);
    return value;
  }

  boolean(key: string, fallback: boolean): boolean {
    const value = this.raw(key) ?? fallback;
    if (typeof value !== "boolean") this.fail(key, "true or false");
    return value;
  }

  string(key: string, fallback?: string): string {
    const value = this.raw(key) ?? fallback;
    if (typeof value !== "string") this.fail(key, "a string");
    return value;
  }

  object(key: string): ConfigReader | null {
    return this.has(key) ? new ConfigReader(this.raw(key), `${this.#where}: ${key}`) : null;
  }

  /** Refuses a setting this engine does not carry out. Absent counts as allowed. */
  require(key: string, allowed: readonly unknown[], why: string): void {
    const value = this.raw(key);
    if (value !== null && !allowed.includes(value))
      this.fail(key, allowed.map((a) => JSON.stringify(a)).join(" or "), why);
  }

  fail(key: string, expected: string, fix = "Correct the file, or use another checkpoint."): never {
    throw new ConfigError(
      "ERR_CONFIG",
      `${this.#where}: expected ${key} to be ${expected}, got ${describe(this.raw(key))}. ${fix}`,
    );
  }
}

function describe(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
