import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DISPLAY } from "../../kernel/display/host.ts";
import { exercise } from "../../widgets/exercise/exercise.ts";

const kept = exercise({
  question: "How many bytes does the cache keep of each token?",
  expected: 1920,
  unit: "bytes",
  right: "80 numbers of 2 bytes in each of 12 rows.",
  why: [
    [{ times: 1 / 2 }, "These are numbers, of 2 bytes each."],
    [{ times: 4 }, "That is what heads with their own keys and values would keep."],
    [{ plus: 1 }, "One too many."],
    [(answer) => answer < 0, "A number of bytes is not negative."],
    [1024, "That is a kibibyte."],
  ],
  otherwise: "Look at the table once more.",
});

describe("an exercise with an answer that is known", () => {
  test("is open until there is an answer", async () => {
    for (const card of [await kept.answer(), await kept.answer(undefined), await kept.answer(null)])
      assert.deepEqual([card.state, card.given, card.reason], ["open", null, ""]);
  });

  test("says why an answer is right", async () => {
    const card = await kept.answer(1920);
    assert.deepEqual([card.state, card.given], ["right", "1920 bytes"]);
    assert.match(card.reason, /^80 numbers/);
  });

  test("says of a wrong answer why this one is, the first reason that holds", async () => {
    for (const [answer, reason] of [
      [960, /numbers, of 2 bytes/],
      [7680, /heads with their own/],
      [1921, /One too many/],
      [-5, /not negative/],
      [1024, /kibibyte/],
      [17, /^Look at the table/],
      ["1920", /^The answer is a number, and this is a text\.$/],
      [Number.NaN, /not a number/],
      [[1920], /a list of 1/],
      [1920n, /of type bigint/],
    ] as const) {
      const card = await kept.answer(answer);
      assert.equal(card.state, "wrong", String(answer));
      assert.match(card.reason, reason);
    }
  });

  test("never tells the solution", async () => {
    for (const answer of [undefined, 960, 17, "x", []]) {
      const card = await kept.answer(answer);
      assert.doesNotMatch(JSON.stringify(card[DISPLAY]()), /1920/);
    }
  });

  test("takes numbers within the tolerance, and computed ones for what they are", async () => {
    const share = exercise({ question: "Which share?", expected: 0.25, tolerance: 0.01 });
    for (const [answer, state] of [
      [0.26, "right"],
      [0.24, "right"],
      [0.2601, "wrong"],
      [25, "wrong"],
    ] as const)
      assert.equal((await share.answer(answer)).state, state, String(answer));
    const sum = exercise({ question: "0.1 + 0.2?", expected: 0.3 });
    assert.equal((await sum.answer(0.1 + 0.2)).state, "right");
    assert.equal((await sum.answer(0.3001)).state, "wrong");
  });

  test("takes texts in any case, and lists in their order alone", async () => {
    const word = exercise({
      question: "Bound by what?",
      expected: "memory",
      why: [["compute", "No."]],
    });
    assert.equal((await word.answer("  Memory ")).state, "right");
    assert.equal((await word.answer("COMPUTE")).reason, "No.");
    const head = exercise({
      question: "Which head, as [layer, head]?",
      expected: [4, 3],
      why: [
        [{ reversed: true }, "The layer comes first."],
        [([layer]) => layer !== 4, "Another layer."],
      ],
    });
    assert.equal((await head.answer([4, 3])).state, "right");
    assert.equal((await head.answer([3, 4])).reason, "The layer comes first.");
    assert.equal((await head.answer([2, 3])).reason, "Another layer.");
    assert.match((await head.answer([4])).reason, /a list of 2, and this is a list of 1/);
    assert.match((await head.answer([4, "3"])).reason, /^Of element 1: .*a number.*a text/);
  });
});

describe("an exercise with a check", () => {
  const even = exercise({
    question: "Name an even number above 10.",
    like: 0,
    check: async (answer) => {
      if (answer <= 10) return "It is not above 10.";
      return answer % 2 === 0 ? { right: `${answer} is twice ${answer / 2}.` } : false;
    },
    why: [[(answer) => answer > 100, "So large, and odd."]],
    otherwise: "It is odd.",
  });

  test("takes what the check says", async () => {
    for (const [answer, state, reason] of [
      [12, "right", "12 is twice 6."],
      [4, "wrong", "It is not above 10."],
      [11, "wrong", "It is odd."],
      [101, "wrong", "So large, and odd."],
      ["12", "wrong", "The answer is a number, and this is a text."],
    ] as const) {
      const card = await even.answer(answer);
      assert.deepEqual([card.state, card.reason], [state, reason]);
    }
  });

  test("does not hide what a check throws, and refuses what is no verdict", async () => {
    const thrown = exercise({
      question: "?",
      like: 0,
      check: (): boolean => {
        throw new RangeError("no such layer");
      },
    });
    await assert.rejects(thrown.answer(1), /no such layer/);
    for (const verdict of [undefined, "", " "]) {
      const none = exercise({ question: "?", like: 0, check: () => verdict as never });
      await assert.rejects(none.answer(1), {
        code: "ERR_EXERCISE",
        message: /check: expected true/,
      });
    }
  });
});

describe("the card", () => {
  test("says in HTML and in text where the answer stands, with code between backticks", async () => {
    const asked = exercise({ question: "What is `<b>` & co?", expected: "bold" });
    const open = asked[DISPLAY]();
    assert.match(String(open["text/html"]), /What is <code>&lt;b&gt;<\/code> &amp; co\?/);
    assert.match(String(open["text/html"]), /<strong>Not answered yet<\/strong>/);
    assert.equal(open["text/plain"], "Exercise: What is `<b>` & co?\nNot answered yet.");
    assert.match(
      String((await asked.answer("a `b`"))[DISPLAY]()["text/html"]),
      /<code>&quot;a `b`&quot;<\/code>/,
    );
    const wrong = (await asked.answer("<i>"))[DISPLAY]();
    assert.match(
      String(wrong["text/html"]),
      /role="status".*<strong>Not yet<\/strong> <span class="vt-given"><code>&quot;&lt;i&gt;&quot;/,
    );
    assert.match(
      String(wrong["text/plain"]),
      /\nNot yet: None of the mistakes.* \(answer: "<i>"\)$/,
    );
    assert.doesNotMatch(String(wrong["text/html"]), /<i>|<script/);
  });
});

test("an exercise that cannot be one is refused by name", () => {
  const refused = (options: unknown, message: RegExp, code = "ERR_EXERCISE"): void =>
    assert.throws(() => exercise(options as never), { code, message });
  refused({ question: " ", expected: 1 }, /^exercise question: expected a sentence/);
  refused({ question: "?" }, /^exercise expected: expected a number, a text/);
  refused({ question: "?", check: () => true }, /^exercise like: expected/);
  refused({ question: "?", expected: Number.NaN }, /^exercise expected: expected/);
  refused({ question: "?", expected: null }, /^exercise expected: expected/);
  refused({ question: "?", expected: { a: 1 } }, /^exercise expected: expected/);
  refused({ question: "?", expected: [1, null] }, /^exercise expected: expected/);
  refused({ question: "?", like: 0, check: 5 }, /^exercise check: expected a function/);
  refused({ question: "?", expected: 1, tolerance: -1 }, /^exercise tolerance: expected/);
  refused({ question: "?", expected: 1, tolerance: "1" }, /^exercise tolerance: expected/);
  refused({ question: "?", expected: 1, why: { 2: "no" } }, /^exercise why: expected a list/);
  refused({ question: "?", expected: 1, why: [2] }, /why\[0\]: expected a mistake with its reason/);
  refused({ question: "?", expected: 1, why: [["2", "no"]] }, /a mistake of the answer's kind/);
  refused(
    { question: "?", expected: [1, 2], why: [[[1], "no"]] },
    /a mistake of the answer's kind/,
  );
  refused(
    { question: "?", expected: 1, why: [[1, "no"]] },
    /why\[0\]: expected a mistake, got one that holds/,
  );
  refused({ question: "?", expected: 0, why: [[{ times: 2 }, "no"]] }, /got one that holds/);
  refused({ question: "?", expected: "a", why: [[{ plus: 1 }, "no"]] }, /times or plus beside/);
  refused({ question: "?", expected: 1, why: [[2, ""]] }, /with the reason/);
  refused({ question: "?", expected: 1, hint: "x" }, /"hint"/, "ERR_OPTION");
  refused({ question: "?", like: 1, check: () => true, tolerance: 1 }, /"tolerance"/, "ERR_OPTION");
});
