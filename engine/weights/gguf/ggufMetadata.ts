import { ConfigError } from "../../base/errors.ts";
import type { GgufHeader, GgufValue } from "./parseGguf.ts";

/** Typed access to a file's metadata; keys that start with "." belong to its architecture. */
export class GgufMetadata {
  readonly architecture: string;
  readonly #values: GgufHeader["metadata"];
  readonly #file: string;

  constructor({ metadata }: Pick<GgufHeader, "metadata">, file: string) {
    this.#values = metadata;
    this.#file = file;
    this.architecture = "";
    this.architecture = this.string("general.architecture");
  }

  get(key: string): GgufValue | undefined {
    return this.#values.get(key.startsWith(".") ? this.architecture + key : key);
  }

  keys(): Iterable<string> {
    return this.#values.keys();
  }

  /** A number, or a list of one number over and over, as files have for what could differ from layer to layer. */
  number(key: string, fallback?: number): number {
    const given = this.get(key) ?? fallback;
    const isUniform = Array.isArray(given) && given.every((item) => item === given[0]);
    const value = isUniform ? (given as readonly GgufValue[])[0] : given;
    return typeof value === "number" ? value : this.fail(key, "a number");
  }

  optionalNumber(key: string): number | null {
    return this.get(key) === undefined ? null : this.number(key);
  }

  string(key: string, fallback?: string): string {
    const value = this.get(key) ?? fallback;
    return typeof value === "string" ? value : this.fail(key, "text");
  }

  boolean(key: string, fallback: boolean): boolean {
    const value = this.get(key) ?? fallback;
    return typeof value === "boolean" ? value : this.fail(key, "true or false");
  }

  strings(key: string): readonly string[] {
    const value = this.get(key);
    const isList = Array.isArray(value) && value.every((item) => typeof item === "string");
    return isList ? (value as string[]) : this.fail(key, "a list of texts");
  }

  numbers(key: string): readonly number[] {
    const value = this.get(key);
    const isList = Array.isArray(value) && value.every((item) => typeof item === "number");
    return isList ? (value as number[]) : this.fail(key, "a list of numbers");
  }

  fail(
    key: string,
    expected: string,
    fix = "Convert the model again.",
    code: "ERR_CONFIG" | "ERR_TOKENIZER" = "ERR_CONFIG",
  ): never {
    const value = this.get(key);
    const shown =
      value === undefined ? "nothing" : (JSON.stringify(value, bigintText) ?? "nothing");
    throw new ConfigError(
      code,
      `${this.#file}: expected ${key.startsWith(".") ? this.architecture + key : key} to be ${expected}, got ${shown.slice(0, 80)}. ${fix}`,
    );
  }
}

function bigintText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}
