import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { JsonObject } from "../../engine/base/json.ts";
import {
  knownMarks,
  type ThinkingTokenizer,
} from "../../engine/generate/thinking/thinkingMarks.ts";
import type { ThinkingOptions } from "../../engine/generate/thinking/thinkingOptions.ts";
import { thinkingRules } from "../../engine/generate/thinking/thinkingRules.ts";
import { ThinkingState } from "../../engine/generate/thinking/thinkingState.ts";
import { Tokenizer } from "../../engine/tokenizer/tokenizer.ts";

const parsed = (name: string): JsonObject =>
  JSON.parse(readFileSync(new URL(`../../models/tiny/${name}`, import.meta.url), "utf8"));
const tokenizer = new Tokenizer({
  tokenizer: parsed("tokenizer.json"),
  tokenizerConfig: parsed("tokenizer_config.json"),
});
const idsOf = (text: string) => tokenizer.encode(text, { addSpecialTokens: false });
const [EOS, OPEN, END] = [1, 5, 6];
const WAIT = idsOf("Wait");

const MODEL = { name: "tiny", nVocab: 3072, tokenizer };

function stateOf(options: ThinkingOptions | undefined, promptIds: readonly number[] = [4]) {
  const rules = thinkingRules("thinking", MODEL, options);
  return new ThinkingState(rules, { promptIds, eosIds: [EOS] });
}

/** What stands in a sequence whose model draws these ids, one for each place that is free; forced ones with a mark. */
async function placed(state: ThinkingState, drawn: readonly number[]): Promise<string[]> {
  const left = [...drawn];
  const stands: string[] = [];
  for (;;) {
    let token = await state.next();
    const id = token === null ? left.shift() : undefined;
    if (id !== undefined) token = await state.draw(id);
    if (token === null) return stands;
    const taken = state.take(token);
    stands.push(`${taken.id}${taken.forced ? "!" : ""}${taken.thinking ? "*" : ""}`);
  }
}

const thoughts = (...ids: number[]) => ids.map((id) => `${id}*`);
const forced = (...ids: number[]) => ids.map((id) => `${id}!*`);

test("without rules thinking is counted, and nothing is changed", async () => {
  const state = stateOf(undefined);
  assert.equal(state.free, Number.POSITIVE_INFINITY);
  const stands = await placed(state, [OPEN, 20, 21, END, 30, EOS]);
  assert.deepEqual(stands, [...thoughts(OPEN, 20, 21, END), "30", "1"]);
  assert.deepEqual(state.thought, { tokens: 2, ended: "model", extended: 0 });
});

test("a model that does not think has no thoughts", async () => {
  const state = stateOf({ budget: 0, minimum: 0 });
  assert.deepEqual(await placed(state, [30, END, EOS]), ["30", "6", "1"]);
  assert.deepEqual(state.thought, { tokens: 0, ended: null, extended: 0 });
});

test("the end mark is forced at the budget", async () => {
  for (const budget of [0, 1, 2]) {
    const state = stateOf({ budget });
    const drawn = [OPEN, ...[20, 21].slice(0, budget), 30, EOS];
    const stands = await placed(state, drawn);
    const thought = thoughts(OPEN, ...[20, 21].slice(0, budget));
    assert.deepEqual(stands, [...thought, ...forced(END), "30", "1"]);
    assert.deepEqual(state.thought, { tokens: budget, ended: "budget", extended: 0 });
  }
});

test("a budget that is not used up changes nothing", async () => {
  const state = stateOf({ budget: 3 });
  assert.deepEqual(await placed(state, [OPEN, 20, 21, END, 30]), [
    ...thoughts(OPEN, 20, 21, END),
    "30",
  ]);
  assert.equal(state.thought.ended, "model");
});

test("thinking that the prompt opens counts from the first generated token", async () => {
  const state = stateOf({ budget: 1 }, [4, OPEN, 17]);
  assert.deepEqual(state.thought, { tokens: 0, ended: "open", extended: 0 });
  assert.equal(state.free, 1);
  assert.deepEqual(await placed(state, [20]), [...thoughts(20), ...forced(END)]);
  for (const prompt of [[OPEN, 9, END, 4], [4, END], [4], []])
    assert.equal(stateOf({ budget: 1 }, prompt).thought.ended, null);
});

test("an end before the minimum is replaced, the text's own end too", async () => {
  for (const end of [END, EOS]) {
    const state = stateOf({ minimum: 2 + WAIT.length });
    const stands = await placed(state, [OPEN, 20, end, 21, END, 30]);
    assert.deepEqual(stands, [
      ...thoughts(OPEN, 20),
      ...forced(...WAIT),
      ...thoughts(21, END),
      "30",
    ]);
    assert.deepEqual(state.thought, { tokens: 2 + WAIT.length, ended: "model", extended: 1 });
  }
});

test("the first ends are replaced as often as is said", async () => {
  const state = stateOf({ times: 2, extend: "a" });
  const [a = -1] = idsOf("a");
  const stands = await placed(state, [OPEN, END, 20, END, END]);
  assert.deepEqual(stands, [...thoughts(OPEN), `${a}!*`, "20*", `${a}!*`, "6*"]);
  assert.equal(state.thought.extended, 2);
});

test("the budget holds over what is put there", async () => {
  const long = "Wait, wait, wait";
  const state = stateOf({ budget: 2, times: 9, extend: long });
  const stands = await placed(state, [OPEN, 20, END]);
  assert.deepEqual(stands, [...thoughts(OPEN, 20), ...forced(idsOf(long)[0] as number, END)]);
  assert.deepEqual(state.thought, { tokens: 2, ended: "budget", extended: 1 });
});

test("whoever asked is told of the end, and may go on where the model ends it", async () => {
  const told: unknown[] = [];
  const onEnd: ThinkingOptions["onEnd"] = (thought) => {
    told.push(thought);
    return told.length === 1 ? "Wait" : undefined;
  };
  const state = stateOf({ onEnd, budget: 40 });
  const [seven = -1] = idsOf("7");
  const stands = await placed(state, [OPEN, seven, END, seven, END, 30]);
  assert.deepEqual(stands, [
    ...thoughts(OPEN, seven),
    ...forced(...WAIT),
    ...thoughts(seven, END),
    "30",
  ]);
  const tokens = 2 + WAIT.length;
  assert.deepEqual(told, [
    { tokens: 1, text: "7", ended: "model" },
    { tokens, text: "7Wait7", ended: "model" },
  ]);
  const cut = stateOf({ budget: 1, onEnd: (thought) => void told.push(thought) as undefined });
  await placed(cut, [OPEN, seven]);
  assert.deepEqual(told.at(-1), { tokens: 1, text: "7", ended: "budget" });
});

test("what is returned at the budget, and what is no text, is refused", async () => {
  const refused = (onEnd: unknown, message: RegExp) =>
    assert.rejects(placed(stateOf({ budget: 1, onEnd: onEnd as never }), [OPEN, 20, 20]), {
      name: "InputError",
      code: "ERR_THINKING",
      message,
    });
  await refused(
    () => "Wait",
    /^thinking onEnd: expected nothing where the budget ends thinking, got "Wait"\. /,
  );
  await refused(() => 5, /expected text to think on with, or undefined, got 5\. /);
  for (const text of ["", "</think>"])
    await assert.rejects(placed(stateOf({ onEnd: () => text }), [OPEN, END]), {
      code: "ERR_THINKING",
      message: /^thinking onEnd: expected text of at least one token of the model, and not the end/,
    });
});

test("a drawn token that somebody is asked about can wait for its turn", async () => {
  const told: string[] = [];
  const state = stateOf({ onEnd: ({ ended }) => void told.push(ended) as undefined });
  await placed(state, [OPEN, 20]);
  assert.equal(state.asksAbout(END), true);
  assert.equal(state.asksAbout(21), false);
  state.hold(END);
  assert.equal(state.forces, true);
  assert.deepEqual(told, []);
  assert.deepEqual(await placed(state, []), ["6*"]);
  assert.deepEqual(told, ["model"]);
  assert.equal(stateOf({}).asksAbout(END), false);
});

test("gpt-oss thinks on its analysis channel, and is led on to its final one", async () => {
  const vocabulary = ["<|start|>", "<|channel|>", "<|message|>", "<|end|>"];
  const words = [...vocabulary, "assistant", "analysis", "final", "commentary", "Wait"];
  const harmony: ThinkingTokenizer = {
    tokenId: (token) => (vocabulary.includes(token) ? words.indexOf(token) : null),
    encode: (text) => [words.indexOf(text)],
    decode: (ids) => [...ids].map((id) => words[id]).join(" "),
  };
  assert.deepEqual(knownMarks(harmony), { open: [1, 5, 2], end: 3, close: [3, 0, 4, 1, 6, 2] });
  const rules = thinkingRules("t", { name: "m", nVocab: 99, tokenizer: harmony }, { budget: 1 });
  const state = new ThinkingState(rules, { promptIds: [0, 4], eosIds: [50] });
  assert.deepEqual(await placed(state, [1, 7, 2, 20, 3]), ["1", "7", "2", "20", "3"]);
  assert.deepEqual(await placed(state, [1, 5, 2, 20, 30]), [
    ...["1", "5", "2*", "20*", "3!*"],
    ...["0!", "4!", "1!", "6!", "2!", "30"],
  ]);
});

test("a model without marks is refused where something is asked of its thinking", () => {
  const silent = { ...tokenizer, tokenId: () => null, encode: idsOf, decode: () => "" };
  for (const model of [
    { ...MODEL, tokenizer: null },
    { ...MODEL, tokenizer: silent },
    { ...MODEL, nVocab: 4 },
  ]) {
    assert.equal(thinkingRules("thinking", model, undefined), null);
    assert.throws(() => thinkingRules("thinking", model, { budget: 1 }), {
      name: "InputError",
      code: "ERR_THINKING",
      message:
        /^thinking: expected a model whose tokenizer has <think> .*Pass marks: \[open, end\]/,
    });
  }
  const marks = ["<｜User｜>", "<｜Assistant｜>"] as const;
  const rules = thinkingRules("thinking", { ...MODEL, tokenizer: { ...silent } }, { marks });
  assert.deepEqual(rules?.marks, { open: [3], end: 4, close: [4] });
  assert.throws(() => thinkingRules("thinking", MODEL, { marks: ["<a>", "</answer>"] }), {
    code: "ERR_THINKING",
    message: /^thinking marks: expected an end of thinking that is one token, got "<\/answer>", /,
  });
});

test("options that are none, or out of range, are refused", () => {
  const wrong: [object, RegExp][] = [
    [{ budgt: 1 }, /^thinking: expected one of its options .*Did you mean budget\?$/],
    [{ budget: -1 }, /^thinking budget: expected a whole number of at least 0, got -1\. /],
    [{ budget: Number.NaN }, /^thinking budget: .* got NaN\. /],
    [{ minimum: 1.5 }, /^thinking minimum: .* got 1\.5\. /],
    [{ times: "2" }, /^thinking times: .* got "2"\. /],
    [{ budget: 2, minimum: 3 }, /^thinking minimum: expected at most the budget of 2, got 3\. /],
    [{ extend: "" }, /^thinking extend: expected text of at least one token, got ""\. /],
    [{ times: 1, extend: "</think>" }, /^thinking extend: expected text of at least one token/],
    [{ onEnd: "x" }, /^thinking onEnd: expected a function, got "x"\. /],
    [{ marks: ["<a>"] }, /^thinking marks: expected two texts, .*, got \["<a>"\]\. /],
  ];
  for (const [options, message] of wrong)
    assert.throws(() => thinkingRules("thinking", MODEL, options as ThinkingOptions), { message });
});
