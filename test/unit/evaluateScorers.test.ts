import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { exactMatch } from "../../engine/evaluate/scorers/exactMatch.ts";
import { numbersIn } from "../../engine/evaluate/scorers/extract.ts";
import { multipleChoice } from "../../engine/evaluate/scorers/multipleChoice.ts";
import { numericMatch } from "../../engine/evaluate/scorers/numericMatch.ts";
import { patternMatch } from "../../engine/evaluate/scorers/patternMatch.ts";
import { rubric } from "../../engine/evaluate/scorers/rubric.ts";
import type { ReplyScorer, Target } from "../../engine/evaluate/task.ts";
import { remoteModel } from "../../engine/remote/remoteModel.ts";

const judge = (scorer: ReplyScorer, text: string, target: Target | null = null) =>
  scorer.judge({ text, reasoning: "", finishReason: "stop", seed: 5 }, target, { id: "a" });
const scores = async (scorer: ReplyScorer, text: string, target: Target | null) =>
  (await judge(scorer, text, target)).score;

describe("exactMatch", () => {
  it("looks away from white space at the ends, and from more where it is told to", async () => {
    assert.equal(await scores(exactMatch(), " Paris\n", "Paris"), true);
    assert.equal(await scores(exactMatch(), "paris", "Paris"), false);
    assert.equal(await scores(exactMatch({ ignoreCase: true }), "paris", "Paris"), true);
    assert.equal(await scores(exactMatch(), "Paris.", "Paris"), false);
    assert.equal(await scores(exactMatch({ ignorePunctuation: true }), "Paris.", "Paris"), true);
    assert.equal(await scores(exactMatch(), "4", [3, 4]), true);
    assert.equal(await scores(exactMatch(), "4", null), false);
    assert.throws(() => exactMatch({ ignoreCase: 1 as never }), { code: "ERR_OPTION" });
  });
});

describe("numericMatch", () => {
  it("reads numbers as people write them", () => {
    const read = (text: string) => numbersIn(text).map(({ value }) => value);
    assert.deepEqual(read("1,234 and -5, .5, 2.5e3 and 3-2."), [1234, -5, 0.5, 2500, 3, 2]);
    assert.deepEqual(read("12,34 e5 x"), [12, 34, 5]);
    assert.deepEqual(read("(-3)-4 = -7"), [-3, 4, -7]);
    assert.deepEqual(read("none"), []);
  });

  it("takes the last number, or the first, within the tolerance", async () => {
    assert.equal(await scores(numericMatch(), "7+5=12, so 12.0", 12), true);
    assert.equal(await scores(numericMatch({ which: "first" }), "7+5=12", 12), false);
    assert.equal(await scores(numericMatch(), "It costs $1,018.", "some words #### 1018"), true);
    assert.equal(await scores(numericMatch(), "3.14", 3.145), false);
    assert.equal(await scores(numericMatch({ tolerance: 0.01 }), "3.14", 3.145), true);
    assert.equal(await scores(numericMatch({ relativeTolerance: 0.1 }), "95", 100), true);
    assert.deepEqual(await judge(numericMatch(), "no idea", 3), { score: false, answer: null });
    await assert.rejects(async () => judge(numericMatch(), "3", "no number"), { code: "ERR_TASK" });
    await assert.rejects(async () => judge(numericMatch(), "3", null), { code: "ERR_TASK" });
    assert.throws(() => numericMatch({ tolerance: -1 }), { code: "ERR_OPTION" });
    assert.throws(() => numericMatch({ which: "best" as never }), { code: "ERR_OPTION" });
  });
});

describe("patternMatch", () => {
  it("finds a group, or the whole, at the first place or the last", async () => {
    const scorer = patternMatch(/answer is (\w+)/);
    assert.deepEqual(await judge(scorer, "The answer is B.", "B"), { score: true, answer: "B" });
    assert.equal(await scores(scorer, "B", "B"), false);
    assert.equal(await scores(patternMatch(/\b[A-D]\b/, { which: "last" }), "A or C", "C"), true);
    assert.equal(await scores(patternMatch(/(?<n>\d)(\d)/, { group: "n" }), "12", "1"), true);
    assert.equal(await scores(patternMatch(/(\d)(\d)/, { group: 2 }), "12", "2"), true);
    assert.equal(await scores(patternMatch(/def /g), "def f", null), true);
    assert.equal(await scores(patternMatch(/def /g), "f", null), false);
  });

  it("refuses groups that the pattern lacks", () => {
    for (const group of [1, -1, "n"])
      assert.throws(() => patternMatch(/a/, { group }), { code: "ERR_OPTION" });
    assert.throws(() => patternMatch("a" as never), { code: "ERR_OPTION" });
    assert.throws(() => patternMatch(/a/, { which: "all" as never }), { code: "ERR_OPTION" });
  });
});

describe("multipleChoice", () => {
  it("puts a space before the choices of a sample, unless it is told what they are", () => {
    assert.deepEqual(multipleChoice().choices({ choices: ["a", "b"] }), [" a", " b"]);
    const choices = ({ x }: { readonly x: string }) => [x, "no"];
    assert.deepEqual(multipleChoice({ choices }).choices({ x: "yes" }), ["yes", "no"]);
    assert.throws(() => multipleChoice({ by: "token" as never }), { code: "ERR_OPTION" });
    assert.throws(() => multipleChoice({ choices: [] as never }), { code: "ERR_OPTION" });
  });
});

describe("rubric", () => {
  const says = (content: string, finishReason = "stop") => {
    const asked: unknown[] = [];
    const chat = (...args: unknown[]) => {
      asked.push(args);
      return { message: { content }, finishReason, async *[Symbol.asyncIterator]() {} };
    };
    return { judge: { name: "judge", chat }, asked };
  };

  it("asks the judge, and takes its last number for the mark", async () => {
    const { judge: model, asked } = says("Well written. Mark: 8");
    const scorer = rubric({
      ...{ judge: model, scale: [0, 10] },
      ask: (_sample, { text }, target) => `Is ${text} like ${target}?`,
    });
    assert.deepEqual(await judge(scorer, "red", "rot"), {
      score: 0.8,
      note: "Well written. Mark: 8",
    });
    const messages = [{ role: "user", content: "Is red like rot?" }];
    assert.deepEqual(asked, [[messages, { seed: 5, temperature: 0, maxTokens: 256 }]]);
  });

  it("tells judges apart, also those behind a server", () => {
    const baseUrl = "http://127.0.0.1:1/v1";
    const named = (model: string) =>
      rubric({ judge: remoteModel({ baseUrl, model }), ask: () => "?" }).name;
    assert.match(named("small"), /"judge":"small"/);
    assert.notEqual(named("small"), named("large"));
  });

  it("refuses a judge that gives no mark of the scale", async () => {
    for (const content of ["good", "12", ""]) {
      const scorer = rubric({ judge: says(content).judge, scale: [10, 0], ask: () => "?" });
      await assert.rejects(async () => judge(scorer, "a"), { code: "ERR_RUBRIC" });
    }
    const cut = says("On a scale of 1 to 10", "length").judge;
    const scorer = rubric({ judge: cut, scale: [0, 10], ask: () => "?" });
    await assert.rejects(async () => judge(scorer, "a"), {
      code: "ERR_RUBRIC",
      message: /got "On a scale of 1 to 10", ended by length\. .*raise maxTokens/,
    });
    assert.throws(() => rubric({ judge: {} as never, ask: () => "" }), { code: "ERR_OPTION" });
    const { judge: model } = says("1");
    assert.throws(() => rubric({ judge: model, ask: () => "", scale: [1, 1] }), {
      code: "ERR_OPTION",
    });
  });
});
