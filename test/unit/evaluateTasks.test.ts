import assert from "node:assert/strict";
import { readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { parseCsv, toCsv } from "../../engine/base/csv.ts";
import type { EvaluatedModel } from "../../engine/evaluate/evaluatedModel.ts";
import type { EvaluatedSample } from "../../engine/evaluate/evaluatedSample.ts";
import { type PreparedSample, prepareTask } from "../../engine/evaluate/preparedTask.ts";
import { readSamples } from "../../engine/evaluate/readSamples.node.ts";
import { sampleSeed } from "../../engine/evaluate/sampleSeed.ts";
import { sampleTable } from "../../engine/evaluate/sampleTable.ts";
import { choiceIds } from "../../engine/evaluate/scoreChoices.ts";
import { exactMatch } from "../../engine/evaluate/scorers/exactMatch.ts";
import { multipleChoice } from "../../engine/evaluate/scorers/multipleChoice.ts";
import type { ReplyScorer, SampleData, Task } from "../../engine/evaluate/task.ts";
import { arithmeticTask } from "../../engine/evaluate/tasks/arithmeticTask.ts";
import { clozeTask } from "../../engine/evaluate/tasks/clozeTask.ts";
import {
  gsm8kTask,
  humanEvalTask,
  MMLU_COLUMNS,
  mmluTask,
} from "../../engine/evaluate/tasks/knownTasks.ts";
import { recallTask } from "../../engine/evaluate/tasks/recallTask.ts";
import { encodeTable } from "../../engine/record/table.node.ts";
import fc from "../fixtures/fastCheck.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";

const SAMPLE: EvaluatedSample = {
  ...{ sample: "a", index: 0, epoch: 0, edits: null, thinking: null, seed: 3, outcome: "right" },
  ...{ score: 1, target: null, answer: null, prompt: "", reply: "", reasoning: "", note: null },
  ...{ finishReason: "stop", promptTokens: 1, thinkingTokens: 0, answerTokens: 1, logprob: -1 },
  choices: null,
};
const fixture = (name: string) =>
  fileURLToPath(new URL(`../fixtures/tasks/${name}`, import.meta.url));

describe("readSamples", () => {
  it("reads lines of JSON, lists, CSV and Parquet into objects", async (t) => {
    const lines = await readSamples(fixture("gsm8k.jsonl"));
    assert.deepEqual(Object.keys(lines[0] ?? {}), ["question", "answer"]);
    const [, second] = await readSamples(fixture("mmlu.csv"));
    assert.equal(second?.question, "Two lines\nin one question");
    const folder = await temporaryFolder(t);
    const rows = [
      { id: "a", n: 3, x: 0.5, flag: true },
      { id: "b", n: null, x: -0, flag: false },
    ];
    const schema = { id: "text", n: "i32", x: "f64", flag: "flag" } as const;
    await writeFile(join(folder, "t.parquet"), await encodeTable("t", schema, rows));
    assert.deepEqual(await readSamples(join(folder, "t.parquet")), rows);
    await writeFile(join(folder, "t.json"), JSON.stringify(rows));
    assert.equal((await readSamples(join(folder, "t.json"))).length, 2);
    await writeFile(join(folder, "bom.jsonl"), '\ufeff{"a":1}\r\n\r\n{"a":2}');
    assert.deepEqual(await readSamples(join(folder, "bom.jsonl")), [{ a: 1 }, { a: 2 }]);
  });

  it("takes names for a CSV whose first line is a sample", async (t) => {
    const path = fixture("mmlu_test.csv");
    const rows = await readSamples(path, { columns: MMLU_COLUMNS });
    assert.equal(rows.length, 3);
    assert.deepEqual(rows[0], {
      ...{ question: "Which of these is a mammal?", answer: "B" },
      ...{ A: "tuna", B: "whale", C: "cod", D: "eel" },
    });
    const refused = async (file: string, columns: unknown, code: string, message: RegExp) =>
      assert.rejects(readSamples(file, { columns: columns as string[] }), { code, message });
    await refused(path, ["a"], "ERR_SAMPLES", /mmlu_test\.csv row 1: expected 1 fields, got 6/);
    for (const columns of [[], ["a", "a"], [1], "a", null])
      await refused(path, columns, "ERR_OPTION", /^readSamples columns: expected a list of names/);
    await refused(fixture("gsm8k.jsonl"), ["a"], "ERR_OPTION", /a file of CSV, .*got "\.jsonl"/);
    await refused(
      fixture("mmlu.csv"),
      MMLU_COLUMNS,
      "ERR_SAMPLES",
      /row 1: expected a sample, got the names in columns\. Leave columns out/,
    );
    const twice = join(await temporaryFolder(t), "twice.csv");
    await writeFile(twice, "How many?,0,0,A\nHow few?,1,2,B\n");
    await assert.rejects(readSamples(twice), {
      code: "ERR_SAMPLES",
      message: /row 1: expected names of columns, got "0" twice\. .*\{ columns: /,
    });
  });

  it("reads what gzip compressed, and refuses it by its name where it is torn", async (t) => {
    const folder = await temporaryFolder(t);
    const random = gzipSync(JSON.stringify({ a: "x".repeat(3_000_000) })); // more than one chunk
    await writeFile(join(folder, "long.jsonl.gz"), random);
    assert.equal(
      String((await readSamples(join(folder, "long.jsonl.gz")))[0]?.a).length,
      3_000_000,
    );
    const list = join(folder, "list.json");
    await writeFile(list, '[{"a":1},{"a":"\u00e9"}]');
    for (const path of [fixture("humaneval.jsonl"), fixture("mmlu.csv"), list]) {
      const name = `${path.split("/").at(-1)}.gz`;
      const bytes = gzipSync(await readFile(path));
      await writeFile(join(folder, name), bytes);
      assert.deepEqual(await readSamples(join(folder, name)), await readSamples(path));
      for (const damaged of [bytes.subarray(0, -9), bytes.subarray(0, 5), Buffer.from("plain")]) {
        await writeFile(join(folder, name), damaged);
        await assert.rejects(readSamples(join(folder, name)), {
          code: "ERR_SAMPLES",
          message: new RegExp(`${name}: expected a file of gzip that is whole, got `),
        });
      }
      await assert.rejects(readSamples(join(folder, "none", name)), {
        code: "ERR_SAMPLES",
        message: /expected a file that can be read/,
      });
    }
    await assert.rejects(readSamples("a.parquet.gz"), { message: /got \.parquet\.gz\. Convert/ });
  });

  it("sends files that are too large to be read whole to lines of JSON", async (t) => {
    const folder = await temporaryFolder(t);
    for (const name of ["a.json", "a.csv", "a.parquet"]) {
      const path = join(folder, name);
      await writeFile(path, "");
      await truncate(path, 2 ** 31 + 1); // a hole, which takes no place on the disk
      await assert.rejects(readSamples(path), {
        code: "ERR_SAMPLES",
        message: new RegExp(
          `${name}: expected at most 2 GiB .*got .*\\. Write it as lines of JSON`,
        ),
      });
    }
  });

  it("refuses what it cannot read, by its place", async (t) => {
    const folder = await temporaryFolder(t);
    const refused = async (name: string, text: string | null, message: RegExp) => {
      const path = join(folder, name);
      if (text !== null) await writeFile(path, text);
      await assert.rejects(readSamples(path), { code: "ERR_SAMPLES", message });
    };
    await refused("none.jsonl", null, /none\.jsonl: expected a file that can be read/);
    await refused("a.jsonl", '{"a":1}\n{"a":', /a\.jsonl line 2: expected a JSON object/);
    await refused("b.jsonl", "[1]", /line 1: expected a JSON object, got \[1\]/);
    await refused("c.json", "{}", /expected a list of objects, got \{\}/);
    await refused("d.csv", "a,b\n1\n", /row 2: expected 2 fields, got 1/);
    await refused("e.csv", 'a\n"b', /expected CSV, got a quote that is not closed/);
    await refused("f.parquet", "no", /expected a Parquet file/);
    await refused("g.jsonl", "\n", /expected at least one sample, got none/);
    await refused(
      "h.yaml",
      "task: a",
      /got \.yaml\. A task of lm-evaluation-harness is read by lmEvalTask/,
    );
  });
});

describe("CSV", () => {
  it("reads what it wrote, whatever the texts", () => {
    const text = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "\r", " ") });
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { minLength: 1 }), (pairs) => {
        const rows = pairs.map(([a, b]) => ({ a, b }));
        const written = toCsv(["a", "b"], rows);
        assert.deepEqual(parseCsv(written), [["a", "b"], ...pairs]);
      }),
    );
  });

  it("and Parquet take half a pair of surrogates for U+FFFD", async () => {
    const sample = { ...SAMPLE, prompt: "a\ud800", answer: "\u{1f600}" };
    const { schema, rows } = sampleTable([sample]);
    assert.deepEqual([rows[0]?.prompt, rows[0]?.answer], ["a\ufffd", "\u{1f600}"]);
    await encodeTable("samples", schema, rows);
  });

  it("writes nothing for null and quotes for an empty text", () => {
    const rows = [
      { a: null, n: 1.5 },
      { a: "", n: null },
    ];
    assert.equal(toCsv(["a", "n"], rows), 'a,n\r\n,1.5\r\n"",\r\n');
  });
});

describe("seeds of samples", () => {
  it("are of seed, id and epoch alone, and differ in each", () => {
    const seeds = [0, 1].flatMap((seed) =>
      ["a", "b", "a0"].flatMap((id) => [0, 1, 10].map((epoch) => sampleSeed(seed, id, epoch))),
    );
    assert.equal(new Set(seeds).size, 18);
    assert.ok(seeds.every((seed) => Number.isSafeInteger(seed) && seed >= 0));
    assert.equal(sampleSeed(0, "a", 0), sampleSeed(0, "a", 0));
    assert.notEqual(sampleSeed(0, "a1", 0), sampleSeed(0, "a", 10));
  });

  it("are spread over all that they may be", () => {
    const parts = Array.from({ length: 8000 }, (_, i) =>
      Math.floor(sampleSeed(3, `${i}`, 0) / 2 ** 50),
    );
    const counts = Array.from({ length: 8 }, (_, part) => parts.filter((it) => it === part).length);
    assert.ok(
      counts.every((count) => Math.abs(count - 1000) < 120),
      counts.join(" "),
    );
  });
});

describe("a task", () => {
  const base = {
    name: "t",
    samples: [{ q: "a", target: "b" }],
    prompt: ({ q }: SampleData) => String(q),
    scorer: exactMatch(),
  } satisfies Task;

  it("gives its samples ids, targets and what is asked", () => {
    const { samples } = prepareTask({
      ...base,
      samples: [
        { q: "a", target: "b" },
        { id: 7, q: "c" },
      ],
    });
    assert.deepEqual(
      samples.map(({ id, index, target, input }) => [id, index, target, input]),
      [
        ["0", 0, "b", { kind: "prompt", prompt: "a" }],
        ["7", 1, null, { kind: "prompt", prompt: "c" }],
      ],
    );
  });

  it("may be judged by a plain function, which its name then has", async () => {
    const scorer = prepareTask({ ...base, scorer: ({ text }) => text === "yes" }).scorer;
    assert.equal(scorer.name, 'function ({ text }) => text === "yes"');
    const reply = { text: "yes", reasoning: "", finishReason: "stop", seed: 0 } as const;
    assert.deepEqual(await (scorer as ReplyScorer).judge(reply, null, {}), { score: true });
  });

  it("of choices knows the right one by number or text", () => {
    const scorer = multipleChoice();
    const choices = ["red", "green"];
    const rightOf = (target: unknown) =>
      prepareTask({ ...base, scorer, samples: [{ q: "a", choices, target }] }).samples[0]?.choices;
    assert.deepEqual(rightOf("green"), { texts: [" red", " green"], right: 1 });
    assert.equal(rightOf(0)?.right, 0);
    for (const wrong of ["blue", 2, -1, 0.5, null])
      assert.throws(() => rightOf(wrong), {
        code: "ERR_TASK",
        message: /^task sample "0" target: /,
      });
  });

  it("is refused by the name of what is wrong", () => {
    const refused = (part: object, message: RegExp) =>
      assert.throws(() => prepareTask({ ...base, ...part } as Task), { code: "ERR_TASK", message });
    refused({ name: "" }, /^task name: /);
    refused({ samples: [] }, /^task samples: expected a list of at least one object, got \[\]/);
    refused({ samples: [1] }, /^task samples: /);
    refused({ prompt: undefined }, /either prompt or messages, got "neither"/);
    refused({ messages: () => [] }, /either prompt or messages, got "both"/);
    refused({ prompt: () => 5 }, /^task sample "0" prompt: expected text or token ids, got 5/);
    refused({ prompt: undefined, messages: () => "hi" }, /messages: expected a list of messages/);
    refused({ scorer: "exact" }, /^task scorer: .* got "exact"/);
    refused({ samples: [{ q: "a", target: {} }] }, /^task sample "0" target: /);
    refused({ id: () => "x", samples: [{ q: 1 }, { q: 2 }] }, /got "\\"x\\" at 0 and 1"/);
    refused({ metrics: { a: 1 } }, /^task metrics a: /);
    refused({ scorer: multipleChoice() }, /^task sample "0" choices: expected at least two texts/);
  });
});

describe("choices behind a prompt", () => {
  /** Ids are characters, but that "ab" is one; nothing stands before a text. */
  const encode = (text: string) =>
    [...text.replaceAll("ab", "X")].map((letter) => letter.codePointAt(0) ?? 0);
  const tokenizer = { encode } as unknown as EvaluatedModel["tokenizer"];
  const idsOf = (prompt: string, choices: readonly string[]) => {
    const scorer = multipleChoice({ choices: () => choices });
    const samples = [{ target: 0 }];
    const [sample] = prepareTask({ name: "t", samples, prompt: () => prompt, scorer }).samples;
    return choiceIds({ tokenizer }, sample as PreparedSample, { chat: {} });
  };

  it("count from where the first of them parts from the prompt", () => {
    assert.equal(idsOf("xy", ["p", "q"]).start, 2);
    assert.equal(idsOf("xa", ["p", "b"]).start, 1); // "ab" is one token
    assert.deepEqual(idsOf("xa", ["p", "b"]).sequences[1], encode("xab"));
  });

  it("have something to stand behind", () => {
    assert.throws(() => idsOf("", ["p", "q"]), { code: "ERR_PROMPT_EMPTY" });
    assert.throws(() => idsOf("a", ["p", "b"]), { code: "ERR_PROMPT_EMPTY" });
  });
});

describe("tasks that are shipped", () => {
  it("are the same for the same seed, and their answers are right", () => {
    const chains = arithmeticTask({ n: 50, size: 6, seed: 3 }).samples;
    assert.deepEqual(chains, arithmeticTask({ n: 50, size: 6, seed: 3 }).samples);
    assert.notDeepEqual(chains, arithmeticTask({ n: 50, size: 6, seed: 4 }).samples);
    const columns = arithmeticTask({ kind: "column", n: 50 }).samples;
    for (const { question, target } of [...chains, ...columns]) {
      const numbers = question.replace("=?", "").match(/[+-]?\d+/g) ?? [];
      assert.equal(
        numbers.reduce((sum, number) => sum + Number(number), 0),
        target,
        question,
      );
      assert.ok(target >= 0);
    }
    for (const { question, target } of recallTask({ kind: "lookup", n: 50, size: 5 }).samples) {
      const asked = question.split(". ")[1]?.replace("?", "");
      assert.equal(new RegExp(`\\b${asked} is (\\d)`).exec(question)?.[1], target, question);
    }
    for (const { question, target, choices } of recallTask({ n: 50 }).samples) {
      const words = question.split(" ");
      assert.equal(words[words.length - choices.length], target, question);
      assert.ok(choices.includes(target));
    }
    for (const { story, choices, target } of clozeTask({ n: 50 }).samples) {
      assert.ok(choices.includes(target));
      assert.equal(choices.filter((it) => story.includes(` ${it} `)).length, 1, story);
    }
  });

  it("refuse sizes that they have not", () => {
    const code = "ERR_OPTION";
    assert.throws(() => arithmeticTask({ size: 9 }), { code });
    assert.throws(() => arithmeticTask({ kind: "column", size: 5 }), { code });
    assert.throws(() => arithmeticTask({ kind: "sum" as never }), { code });
    assert.throws(() => recallTask({ size: 1 }), { code });
    assert.throws(() => recallTask({ kind: "all" as never }), { code });
    assert.throws(() => clozeTask({ n: 0 }), { code });
  });
});

describe("tasks of published sets", () => {
  it("put GSM8K as a conversation and read its answer", async () => {
    const samples = await readSamples(fixture("gsm8k.jsonl"));
    const { samples: prepared } = prepareTask(gsm8kTask(samples, { shots: samples.slice(0, 1) }));
    assert.deepEqual(
      prepared.map(({ target }) => target),
      ["48", "2,250"],
    );
    const [, second] = prepared;
    assert.deepEqual(
      second?.input.kind === "messages" && second.input.messages.map(({ role }) => role),
      ["user", "assistant", "user"],
    );
    const { scorer } = prepareTask(gsm8kTask(samples));
    const reply = { text: "It is 2250.", reasoning: "", finishReason: "stop", seed: 0 } as const;
    const said = await (scorer as ReplyScorer).judge(reply, "2,250", {});
    assert.equal(said.score, true);
    assert.throws(() => prepareTask(gsm8kTask([{ answer: "1" }])), { code: "ERR_TASK" });
  });

  it("put MMLU as letters behind the question, from fields or a list", async () => {
    const rows = await readSamples(fixture("mmlu.csv"));
    const list = await readSamples(fixture("mmlu.jsonl"));
    const [first, second] = prepareTask(mmluTask(rows)).samples;
    assert.deepEqual(first?.choices, { texts: [" A", " B", " C", " D"], right: 0 });
    assert.equal(second?.choices?.right, 3);
    const [shown] = prepareTask(mmluTask(rows.slice(0, 1), { shots: list })).samples;
    assert.equal(
      shown?.input.kind === "prompt" && shown.input.prompt,
      `Which of these is a mammal?
A. tuna
B. whale
C. cod
D. eel
Answer: B

Which of these is a "mammal", not a fish?
A. whale
B. tuna
C. cod
D. eel
Answer:`,
    );
    const published = await readSamples(fixture("mmlu_test.csv"), { columns: MMLU_COLUMNS });
    assert.deepEqual(
      prepareTask(mmluTask(published)).samples.map(({ choices }) => choices?.right),
      [1, 2, 0],
    );
    assert.throws(() => prepareTask(mmluTask([{ "Which is it?": "a", 0: "b" }])), {
      code: "ERR_TASK",
      message: /readSamples\(path, \{ columns: MMLU_COLUMNS \}\)/,
    });
    for (const answer of ["E", 4, "", undefined])
      assert.throws(() => prepareTask(mmluTask([{ ...list[0], answer }])), { code: "ERR_TASK" });
  });

  it("hand a program of HumanEval to whoever runs it, with its test", async () => {
    const samples = await readSamples(fixture("humaneval.jsonl"));
    const ran: string[] = [];
    const task = humanEvalTask(samples, { run: (program) => ran.push(program) > 0 });
    const { samples: prepared, scorer, generation } = prepareTask(task);
    assert.equal(prepared[0]?.id, "Own/0");
    assert.ok(generation.stop?.includes("\ndef"));
    const reply = {
      text: "    return 2 * x",
      reasoning: "",
      finishReason: "stop",
      seed: 0,
    } as const;
    const said = await (scorer as ReplyScorer).judge(reply, null, samples[0] as SampleData);
    assert.equal(said.score, true);
    assert.equal(
      ran[0],
      `def twice(x):
    """Two times x."""
    return 2 * x
def check(candidate):
    assert candidate(3) == 6

check(twice)
`,
    );
    assert.throws(() => humanEvalTask(samples, {} as never), { code: "ERR_OPTION" });
  });
});
