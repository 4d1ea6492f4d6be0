import assert from "node:assert/strict";
import { test } from "node:test";
import { conversationCost } from "../../engine/price/conversationCost.ts";
import {
  amountsText,
  conversationDrawing,
  conversationSummary,
  conversationText,
  currenciesOf,
  linesIn,
  totalsOf,
  turnText,
  wrongWithRecord,
} from "../../widgets/conversation/data.ts";
import { conversationPicture } from "../../widgets/conversation/staticPicture.ts";
import { CONVERSATION as RECORD, priceList as table } from "../fixtures/curveRecords.ts";

test("a line for each list ends at what the conversation costs", () => {
  const { lines, x, y } = conversationDrawing(RECORD, "USD", "shared", false);
  assert.deepEqual(
    lines.map(({ label }) => label),
    ["cheap", "dear"],
  );
  // 1000 in and 500 out at twice the price; then 1000 in and 1000 cached at a tenth.
  assert.deepEqual(lines[0]?.points, [
    [1, 0.002],
    [2, 0.0031],
  ]);
  assert.equal(lines[1]?.points[1]?.[1], 0.031);
  assert.deepEqual(
    [x.domain, y.domain],
    [
      [1, 2],
      [0, 0.031],
    ],
  );
  const uncached = conversationDrawing(RECORD, "USD", "uncached", false);
  assert.equal(uncached.lines[0]?.points[1]?.[1], 0.004);
});

test("marks of small amounts have room beside the axis", () => {
  const usage = { inputTokens: 12, cachedInputTokens: 0, outputTokens: 30, reasoningTokens: 0 };
  const small = conversationCost([{ usage }, { usage }], [table("cheap", "USD", 1)]);
  const { markRoom, y } = conversationDrawing(small, "USD", "shared", false);
  const widest = y.format(0.00005).length;
  assert.ok(widest > 8, "an amount of many digits");
  assert.ok(markRoom >= 7 * widest, `${markRoom} for ${widest} letters`);
});

test("lists of different currencies never share an axis", () => {
  assert.deepEqual(currenciesOf(RECORD), ["USD", "CNY"]);
  assert.deepEqual(
    linesIn(RECORD, "CNY").map((line) => line.table.name),
    ["far"],
  );
  const picture = conversationPicture(RECORD);
  assert.match(picture, />USD, added up<.*>CNY, added up</s);
});

test("what is unknown has no point and is said to be unknown", () => {
  const [line] = RECORD.lines;
  assert.ok(line);
  assert.deepEqual(totalsOf(line, "shareable"), []);
  assert.match(amountsText(RECORD, "USD", "shareable", 1), /^cheap unknown · dear unknown$/);
  assert.match(
    conversationText(RECORD),
    /^cheap: .* unknown all that could be \(a page, 2025-01\)$/m,
  );
  const [first] = RECORD.turns;
  assert.ok(first);
  assert.equal(
    turnText(first),
    "1000 tokens in, 0 of them cached (measured), unknown how many could be; 500 out, 100 of them reasoning",
  );
  const drawing = conversationDrawing(RECORD, "USD", "shareable", true);
  assert.ok(drawing.lines.every(({ points }) => points.length === 0));
  assert.ok(drawing.y.domain.every(Number.isFinite));
});

test("a logarithmic axis begins below the cheapest, and free turns have no place on it", () => {
  const free = conversationCost(
    [
      { usage: { inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, reasoningTokens: 0 } },
      { usage: { inputTokens: 100, cachedInputTokens: 0, outputTokens: 0, reasoningTokens: 0 } },
    ],
    [table("cheap", "USD", 1)],
  );
  const { lines, y } = conversationDrawing(free, "USD", "shared", true);
  assert.deepEqual(lines[0]?.points, [[2, 0.0001]]);
  assert.ok(y.domain[0] > 0 && y.domain[0] < 0.0001);
});

test("the heading counts turns and tokens", () => {
  assert.equal(
    conversationSummary(RECORD),
    "2 turns · 3000 tokens in, 1000 cached · 500 out · cached in blocks of 64",
  );
});

test("what is no conversation is refused in words", () => {
  assert.equal(wrongWithRecord(RECORD), null);
  assert.equal(wrongWithRecord([]), "an object of another kind");
  assert.equal(wrongWithRecord({ turns: [], lines: [] }), "no turns");
  assert.equal(wrongWithRecord({ ...RECORD, lines: [] }), "no price lists");
  assert.equal(
    wrongWithRecord({ ...RECORD, turns: [1] }),
    "a line that has not one total for each turn",
  );
});
