import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import type { JsonObject } from "../../engine/base/json.ts";
import {
  type ChatMessage,
  conversationCost,
  PRICES,
  priceOf,
  type UsedRun,
} from "../../engine/index.ts";
import { writeDsml } from "../../engine/template/dsml.ts";
import { Tokenizer } from "../../engine/tokenizer/tokenizer.ts";
import { runRecord } from "../fixtures/runRecords.ts";

const V32 = PRICES["deepseek-v3.2"];
const V3 = PRICES["deepseek-v3"];

/** A call as the engine tells of it: ids of the prompt and of the reply, and how many came from its cache. */
function call(prompt: readonly number[], reply: readonly number[], cached = 0): UsedRun {
  const ids = [...prompt, ...reply];
  const { tokens } = runRecord(ids.map(String));
  return {
    record: {
      tokens: tokens.map((token, t) => ({
        ...token,
        id: ids[t] as number,
        phase: t < prompt.length ? "prompt" : "generated",
      })),
    },
    cost: () => ({ sharedPrefixTokens: cached }),
  };
}

const upTo = (end: number): number[] => Array.from({ length: end }, (_, id) => id);

describe("what a conversation's calls could share", () => {
  const shareable = (turns: readonly UsedRun[], blockTokens?: number) =>
    conversationCost(turns, [], blockTokens === undefined ? {} : { blockTokens }).turns.map(
      (turn) => turn.shareableInputTokens,
    );

  it("is what a prompt begins with and an earlier prompt with its reply too, in whole blocks", () => {
    const first = call(upTo(100), [100, 101, 102]);
    const second = call([...upTo(103), 7, 7], [1]);
    assert.deepEqual(shareable([first, second]), [0, 64]);
    assert.deepEqual(shareable([first, second], 1), [0, 103]);
    assert.deepEqual(shareable([first, second], 10), [0, 100]);
    assert.deepEqual(shareable([first, second], 104), [0, 0], "not one block");
  });

  it("is never the whole prompt, whose last token's logits are needed", () => {
    const twice = call(upTo(128), [1]);
    assert.deepEqual(shareable([twice, twice]), [0, 64]);
    assert.deepEqual(shareable([twice, twice], 1), [0, 127]);
  });

  it("is the longest with any earlier call, not only with the last", () => {
    const other = call([9, 9, 9, 9], [1]);
    assert.deepEqual(shareable([call(upTo(80), [1]), other, call(upTo(90), [1])]), [0, 0, 64]);
  });

  it("is unknown from the first call on that a server told no ids of", () => {
    const served = {
      usage: { inputTokens: 9, cachedInputTokens: 4, outputTokens: 2, reasoningTokens: 1 },
    };
    const { turns, lines } = conversationCost([call([1, 2], [3]), served, call([1, 2], [3])], [V3]);
    assert.deepEqual(
      turns.map((turn) => turn.shareableInputTokens),
      [0, null, null],
    );
    assert.deepEqual(lines[0]?.cumulative.shareable.slice(1), [null, null]);
    assert.equal(turns[1]?.usage.cachedInputTokens, 4);
  });
});

describe("a conversation's lines", () => {
  const turns = [call(upTo(100), upTo(10)), call([...upTo(100), ...upTo(10), 5], upTo(20), 96)];
  const night = new Date("2025-03-01T18:00:00Z");

  it("add up each call's price under each list: uncached, as shared, and as it could have been", () => {
    const { lines } = conversationCost(turns, [V3, V32], { blockTokens: 1 });
    assert.deepEqual(
      lines.map(({ table }) => table.name),
      [V3.name, V32.name],
    );
    const [line] = lines;
    // 100 · 0.27 + 10 · 1.1 = 38 millionths; then 111 · 0.27 + 20 · 1.1 = 51.97 more
    assert.deepEqual(line?.cumulative.uncached, [38e-6, 89.97e-6]);
    // 96 of the 111 are cached at 0.07: 15 · 0.27 + 96 · 0.07 + 22 = 32.77
    assert.deepEqual(line?.cumulative.shared, [38e-6, 70.77e-6]);
    // 110 could have been: 0.27 + 7.7 + 22 = 29.97
    assert.deepEqual(line?.cumulative.shareable, [38e-6, 67.97e-6]);
    assert.equal(line?.turns[1]?.shared.cachedInput, 6.72e-6);
  });

  it("take off-peak prices at their hours", () => {
    const [line] = conversationCost(turns, [V3], { at: night }).lines;
    assert.deepEqual(line?.cumulative.uncached, [19e-6, 44.985e-6]);
    assert.ok(line?.turns.every(({ shared }) => shared.isOffPeak));
  });

  it("of no call are empty, and wrong options are refused by name", () => {
    assert.deepEqual(conversationCost([], [V3]).lines[0]?.cumulative.shared, []);
    for (const blockTokens of [0, 1.5, Number.NaN])
      assert.throws(() => conversationCost(turns, [V3], { blockTokens }), { code: "ERR_OPTION" });
    const wrong = { usage: { inputTokens: 1, cachedInputTokens: 2 } } as never;
    assert.throws(() => conversationCost([call([1], [2]), wrong], [V3]), {
      message: /^conversationCost turns\[1\]\.usage/,
    });
  });
});

describe("V3.2 keeps reasoning through a tool loop and drops it at the next user's turn", () => {
  const tokenizer = new Tokenizer({
    tokenizer: JSON.parse(
      readFileSync(new URL("../../models/tiny/tokenizer.json", import.meta.url), "utf8"),
    ) as JsonObject,
    config: { model_type: "deepseek_v32" },
  });
  const tools = [{ name: "weather", parameters: { type: "object", properties: {} } }];
  const call1 = { name: "weather", arguments: { place: "Hull" } };
  const EOS = "<｜end▁of▁sentence｜>";
  const why1 = "The weather at Hull is asked for. I look it up before I say anything. ".repeat(4);
  const why2 = "It rains there, and hard. Rain needs a coat, and a coat keeps the wind off too. ";
  const question: ChatMessage = { role: "user", content: "Do I need a coat at Hull?" };
  const asked: ChatMessage = { role: "assistant", reasoning: why1, toolCalls: [call1] };
  const result: ChatMessage = { role: "tool", content: "heavy rain, 9 degrees" };
  const answer: ChatMessage = { role: "assistant", reasoning: why2, content: "Yes: it rains." };
  const next: ChatMessage = { role: "user", content: "And tomorrow?" };

  const prompts = [
    [question],
    [question, asked, result],
    [question, asked, result, answer, next],
  ].map((messages) => tokenizer.renderChat(messages, { tools }));
  const [first = "", second = "", third = ""] = prompts;
  const replies = [
    `${why1}</think>\n\n${writeDsml([call1])}${EOS}`,
    `${why2}</think>Yes: it rains.${EOS}`,
  ];
  const [firstReply = "", secondReply = ""] = replies;
  /** What the third call would read if nothing were dropped: all that was said, and the new question. */
  const kept = `${second}${secondReply}<｜User｜>${next.content}<｜Assistant｜><think>`;
  const ids = (text: string) => tokenizer.encode(text, { addSpecialTokens: false });
  const count = (text: string) => ids(text).length;

  it("so that inside the loop each prompt goes on where the last reply ended", () => {
    assert.ok(second.startsWith(first + firstReply));
    assert.ok(second.includes(why1));
    const { turns } = conversationCost(
      [call(ids(first), ids(firstReply)), call(ids(second), ids(secondReply))],
      [],
      { blockTokens: 1 },
    );
    assert.equal(turns[1]?.shareableInputTokens, count(first + firstReply));
  });

  it("and behind it the prompt is shorter by the reasoning and the marks that open it, no more", () => {
    assert.ok(!third.includes(why1) && !third.includes(why2));
    assert.equal(
      kept
        .replace(`<think>${why1}</think>`, "</think>")
        .replace(`<think>${why2}</think>`, "</think>"),
      third,
    );
    const saved = count(kept) - count(third);
    assert.equal(saved, count(why1) + count(why2) + 2);
    const { perMillion } = V32;
    const price = (text: string) =>
      priceOf(
        { inputTokens: count(text), cachedInputTokens: 0, outputTokens: 0, reasoningTokens: 0 },
        V32,
      ).total;
    assert.ok(Math.abs(price(kept) - price(third) - (saved * perMillion.input) / 1e6) < 1e-15);
  });

  it("but what stands behind the first thought is read anew: dropping pays at once only if it is long", () => {
    const calls = [call(ids(first), ids(firstReply)), call(ids(second), ids(secondReply))];
    const last = (prompt: string) => {
      const { turns, lines } = conversationCost([...calls, call(ids(prompt), [1])], [V32], {
        blockTokens: 1,
      });
      return { turn: turns[2], price: lines[0]?.turns[2]?.shareable };
    };
    const dropped = last(third);
    // The two prompts part where the first thought opened.
    assert.equal(dropped.turn?.shareableInputTokens, count(first.slice(0, -"<think>".length)));
    assert.equal(last(kept).turn?.shareableInputTokens, count(second + secondReply));
    const reasoning = count(kept) - count(third);
    const anew =
      count(second + secondReply) - reasoning - (dropped.turn?.shareableInputTokens ?? 0);
    const { input, cachedInput } = V32.perMillion;
    const gain = reasoning * (cachedInput ?? 0) - anew * (input - (cachedInput ?? 0));
    const measured = (last(kept).price?.total ?? 0) - (dropped.price?.total ?? 0);
    assert.ok(Math.abs(measured - gain / 1e6) < 1e-12, `${measured * 1e6} against ${gain}`);
    assert.ok(gain < 0, "thoughts of this length are cheaper to keep in the next call");
  });
});
