import fc from "fast-check";

/** One change to some bytes. `at` counts round and round. */
interface Change {
  readonly kind: "flip" | "set" | "insert" | "remove" | "repeat" | "cut";
  readonly at: number;
  readonly value: number;
  readonly text: string;
}

/** What has broken parsers before: ends of numbers, paths that climb, quotes, escapes, things that look like other things. */
const TEXTS = [
  "",
  "..",
  "../",
  "%2e%2e%2f",
  "..\\",
  "//",
  "\0",
  "%00",
  "%",
  "\r\n",
  "\n",
  '"',
  "\\",
  "{",
  "}",
  "[",
  "null",
  "true",
  "-1",
  "0",
  "1e999",
  "9007199254740993",
  "18446744073709551615",
  "__proto__",
  "constructor",
  "\ud800",
  "😀",
  "<IDS|MSG>",
  "?",
  "#",
  "@",
  ":",
  ";",
  " ",
];

export const nastyText = fc.constantFrom(...TEXTS);

const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom("flip", "set", "insert", "remove", "repeat") },
    { weight: 1, arbitrary: fc.constant("cut" as const) },
  ),
  at: fc.nat(),
  value: fc.nat(255),
  text: nastyText,
});

export const changes = fc.array(change, { minLength: 1, maxLength: 4 });

function changed(bytes: Buffer, { kind, at, value, text }: Change): Buffer {
  const place = bytes.length === 0 ? 0 : at % bytes.length;
  const before = bytes.subarray(0, place);
  const count = 1 + (value % 8);
  switch (kind) {
    case "flip":
    case "set": {
      const copy = Buffer.from(bytes);
      if (copy.length > 0)
        copy[place] = kind === "set" ? value : (copy[place] ?? 0) ^ (1 << (value & 7));
      return copy;
    }
    case "insert":
      return Buffer.concat([before, Buffer.from(text), bytes.subarray(place)]);
    case "remove":
      return Buffer.concat([before, bytes.subarray(place + count)]);
    case "repeat":
      return Buffer.concat([bytes.subarray(0, place + count), bytes.subarray(place)]);
    case "cut":
      return Buffer.from(before);
  }
}

export function mutated(bytes: Uint8Array, list: readonly Change[]): Buffer {
  return list.reduce<Buffer>(changed, Buffer.from(bytes));
}

/** A JSON object in which one member, at the top or one below, is another value. */
export function jsonMutation(
  original: Readonly<Record<string, unknown>>,
): fc.Arbitrary<Record<string, unknown>> {
  return fc
    .record({
      key: fc.constantFrom(...Object.keys(original), "__proto__", "more"),
      value: fc.oneof(fc.jsonValue({ maxDepth: 2 }), nastyText, fc.constant(undefined)),
    })
    .map(({ key, value }) => {
      const copy = { ...original };
      if (value === undefined) delete copy[key];
      else Object.defineProperty(copy, key, { value, enumerable: true, configurable: true });
      return copy;
    });
}
