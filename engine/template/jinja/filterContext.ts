import type { Arguments, Value } from "./values.ts";

/** What filters need that apply other filters and tests by name. */
export interface FilterContext {
  filter(name: string, value: Value, args: Arguments): Value;
  test(name: string, value: Value, args: Arguments): boolean;
}
