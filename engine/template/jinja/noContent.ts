import { PythonObject, type Value } from "./values.ts";

/**
 * The content of a turn that consists of tool calls, in this engine's own form: None where a template tests for it, and an
 * empty text where a template takes it for granted.
 */
export class NoContent extends PythonObject {
  readonly typeName = "NoneType";

  toText(): string {
    return "";
  }

  override toRepr(): string {
    return "None";
  }

  override get isTrue(): boolean {
    return false;
  }

  override get length(): number {
    return 0;
  }

  override get asText(): string {
    return "";
  }

  override iterate(): Iterator<Value> {
    return [][Symbol.iterator]();
  }
}

export function isNone(value: Value): boolean {
  return value === null || value instanceof NoContent;
}
