import { isObject } from "../contents/jsonObject.ts";
import type { PartWriter } from "./parts.ts";

/**
 * Writes a value as `JSON.stringify(value, null, 1)` does, with the members of objects in the order of their names, and
 * without a copy of it and one string of all.
 * @param lineBreak with the spaces that stand before the value's own line
 */
export function writeSorted(value: unknown, lineBreak: string, writer: PartWriter): void {
  if (Array.isArray(value)) {
    writer.write("[");
    let comma = "";
    for (const item of value) {
      writer.write(`${comma}${lineBreak} `);
      writeSorted(item, `${lineBreak} `, writer);
      comma = ",";
    }
    writer.write(comma === "" ? "]" : `${lineBreak}]`);
  } else if (isObject(value)) {
    writer.write("{");
    let comma = "";
    for (const [name, member] of Object.entries(inOrder(value))) {
      writer.write(`${comma}${lineBreak} ${JSON.stringify(name)}: `);
      writeSorted(member, `${lineBreak} `, writer);
      comma = ",";
    }
    writer.write(comma === "" ? "}" : `${lineBreak}}`);
  } else writer.write(JSON.stringify(value));
}

/** Whole numbers come first, as in every object. */
function inOrder(object: object): object {
  const members = Object.entries(object).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.sort(([left], [right]) => (left < right ? -1 : 1)));
}
