/** Deeper than any notebook; far less deep than what overflows the stack of who writes it out again. */
export const DEEPEST_JSON = 500;

/** Whether a value has more than `DEEPEST_JSON` lists and objects in one another. */
export function isTooDeep(value: unknown): boolean {
  const isContainer = (each: unknown): each is object => typeof each === "object" && each !== null;
  let level = [value].filter(isContainer);
  for (let depth = 0; level.length > 0; depth++) {
    if (depth >= DEEPEST_JSON) return true;
    const next: object[] = [];
    for (const each of level)
      for (const inner of Array.isArray(each) ? each : Object.values(each))
        if (isContainer(inner)) next.push(inner);
    level = next;
  }
  return false;
}
