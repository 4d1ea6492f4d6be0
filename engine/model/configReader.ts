import { ConfigError } from "../base/errors.ts";
import { isObject, type JsonObject } from "../base/json.ts";

/** What a family's config class says of fields that a file leaves out. */
export interface ConfigClass {
  /** By field. A field without an entry, or with null, has no value of its own. */
  readonly defaults: JsonObject;
  /** Other names of fields: `num_experts` for `num_local_experts`. */
  readonly aliases: Readonly<Record<string, string>>;
}

const NO_CLASS: ConfigClass = { defaults: {}, aliases: {} };

/**
 * Typed access to a config.json, with errors that name the field. A field that is absent has the class's default; null is
 * a value of its own, as in Python, and means that there is none.
 */
export class ConfigReader {
  readonly #raw: JsonObject;
  readonly #where: string;
  readonly #class: ConfigClass;

  constructor(raw: unknown, where = "config.json", configClass: ConfigClass = NO_CLASS) {
    if (!isObject(raw))
      throw new ConfigError(
        "ERR_CONFIG",
        `${where}: expected a JSON object, got ${describe(raw)}. Point at a Hugging Face model folder.`,
      );
    this.#raw = raw;
    this.#where = where;
    this.#class = configClass;
  }

  /** Has the field a value, of the file or of the class? */
  has(key: string): boolean {
    return this.raw(key) !== null;
  }

  /** The value of the field, null where it has none. @throws ConfigError ERR_CONFIG if two names of it disagree */
  raw(key: string): unknown {
    const { defaults, aliases } = this.#class;
    const names = [key, ...Object.keys(aliases).filter((alias) => aliases[alias] === key)];
    const given = names.filter(
      (name) => Object.hasOwn(this.#raw, name) && this.#raw[name] !== undefined,
    );
    const [first, second] = given;
    if (first === undefined) return defaults[key] ?? null;
    const value = this.#raw[first] ?? null;
    if (second !== undefined && JSON.stringify(this.#raw[second]) !== JSON.stringify(value))
      throw new ConfigError(
        "ERR_CONFIG",
        `${this.#where}: expected ${first} and ${second} to agree, since they are one field, got ${describe(value)} and ${describe(this.#raw[second])}. Leave the wrong one out.`,
      );
    return value;
  }

  /** The class's default, whatever the file says. */
  defaultOf(key: string): unknown {
    return this.#class.defaults[key] ?? null;
  }

  /** @param fallback where the field has no value */
  number(key: string, fallback?: number): number {
    const value = this.raw(key) ?? fallback;
    if (typeof value !== "number" || !Number.isFinite(value)) this.fail(key, "a number");
    return value;
  }

  /** A number above 0. */
  positive(key: string, fallback?: number): number {
    const value = this.number(key, fallback);
    if (value <= 0) this.fail(key, "above 0");
    return value;
  }

  /** A whole number from `least` to `most`: a damaged size must not ask for memory that no model needs. */
  count(key: string, fallback?: number, least = 1, most = 2 ** 31 - 1): number {
    const value = this.number(key, fallback);
    if (!Number.isInteger(value) || value < least || value > most)
      this.fail(key, `a whole number from ${least} to ${most}`);
    return value;
  }

  boolean(key: string, fallback?: boolean): boolean {
    const value = this.raw(key) ?? fallback;
    if (typeof value !== "boolean") this.fail(key, "true or false");
    return value;
  }

  string(key: string, fallback?: string): string {
    const value = this.raw(key) ?? fallback;
    if (typeof value !== "string") this.fail(key, "a string");
    return value;
  }

  /** @param of what the object's own fields are where it leaves them out */
  object(key: string, of: ConfigClass = NO_CLASS): ConfigReader | null {
    return this.has(key) ? new ConfigReader(this.raw(key), `${this.#where}: ${key}`, of) : null;
  }

  /** As `object`, null for an object without fields too. */
  filledObject(key: string, of: ConfigClass = NO_CLASS): ConfigReader | null {
    const value = this.raw(key);
    return isObject(value) && Object.keys(value).length === 0 ? null : this.object(key, of);
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
