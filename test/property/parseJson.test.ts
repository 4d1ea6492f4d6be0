import assert from "node:assert/strict";
import { test } from "node:test";
import { parseJson, TooDeepError } from "../../kernel/server/parseJson.ts";
import fc from "../fixtures/fastCheck.ts";

type Outcome = { readonly value: unknown } | "refused";

const outcome = async (parse: () => unknown): Promise<Outcome> => {
  try {
    return { value: await parse() };
  } catch (error) {
    assert.ok(error instanceof SyntaxError, String(error));
    return "refused";
  }
};

const json = fc.oneof(
  fc.json({ maxDepth: 4 }),
  fc
    .tuple(fc.json(), fc.nat(3))
    .map(([text, indent]) => JSON.stringify(JSON.parse(text), null, indent)),
  fc
    .string({ unit: "binary" })
    .map((text) => JSON.stringify({ [text]: [text, `${text}\\"\u0001`] })),
  fc.constantFrom(
    '{"__proto__":{"a":1},"a":[{"__proto__":2}]}',
    '{"a":1,"a":[2,3],"b":1}',
    " [ ] ",
    '"\\u00e9\\\\\\"x"',
  ),
);
const pieceCharacters = fc.integer({ min: 1, max: 12 });

test("in pieces of any size a text parses to what JSON.parse makes of it", async () => {
  await fc.assert(
    fc.asyncProperty(json, pieceCharacters, async (text, size) => {
      const got = await parseJson(text, { pieceCharacters: size });
      assert.deepStrictEqual(got, JSON.parse(text));
      assert.equal(JSON.stringify(got), JSON.stringify(JSON.parse(text)), "members in their order");
    }),
    { numRuns: 600 },
  );
});

test("what JSON.parse refuses is refused, in pieces of any size", async () => {
  const damaged = fc
    .tuple(
      json,
      fc.nat(),
      fc.constantFrom("", ",", "]", "}", "[", "{", '"', ":", "\\", "x", "\n", " "),
      fc.nat(2),
    )
    .map(([text, at, put, cut]) => {
      const place = at % (text.length + 1);
      return text.slice(0, place) + put + text.slice(place + cut);
    });
  await fc.assert(
    fc.asyncProperty(damaged, pieceCharacters, async (text, size) => {
      const expected = await outcome(() => JSON.parse(text));
      assert.deepStrictEqual(
        await outcome(() => parseJson(text, { pieceCharacters: size })),
        expected,
      );
    }),
    { numRuns: 1500 },
  );
});

/** Lists of numbers and a text: together longer than any piece. */
const LONG = JSON.stringify({
  numbers: Array.from({ length: 300_000 }, (_, index) => [index]),
  text: 'a line\n"quoted"\t'.repeat(400_000),
});

test("a long text is parsed in short pieces, with turns for others in between", async () => {
  let [turns, longest, isDone] = [0, 0, false];
  const others = (): void => {
    turns++;
    if (!isDone) setImmediate(others);
  };
  setImmediate(others);
  const got = await parseJson(LONG, {
    onPiece: (characters) => {
      longest = Math.max(longest, characters);
    },
  });
  isDone = true;
  assert.deepStrictEqual(got, JSON.parse(LONG));
  assert.ok(longest <= 2 ** 19 + 2, `${longest} characters at once`);
  assert.ok(turns >= LONG.length / 2 ** 22, `${turns} turns for ${LONG.length} characters`);
});

test("a text nested too deep is refused, long or short", async () => {
  for (const depth of [501, 100_000, 2_000_000]) {
    const text = `${"[".repeat(depth)}${"]".repeat(depth)}`;
    await assert.rejects(parseJson(text), TooDeepError, `${depth}`);
    await assert.rejects(parseJson(`{"a":${text}}`), TooDeepError, `${depth}`);
  }
  for (const size of [10, 10_000]) {
    const text = `${"[".repeat(500)}${"]".repeat(500)}`;
    assert.deepStrictEqual(await parseJson(text, { pieceCharacters: size }), JSON.parse(text));
  }
});
