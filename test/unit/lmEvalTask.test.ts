import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { lmEvalScorer } from "../../engine/evaluate/lmEval/lmEvalScorer.ts";
import { lmEvalTask } from "../../engine/evaluate/lmEval/lmEvalTask.node.ts";
import { pythonList } from "../../engine/evaluate/lmEval/pythonList.ts";
import { prepareTask } from "../../engine/evaluate/preparedTask.ts";
import type { ReplyScorer, SampleData } from "../../engine/evaluate/task.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";

const BOOLQ = `
task: yes_or_no
dataset_path: json
dataset_kwargs: { data_files: { test: test.jsonl } }
test_split: test
output_type: multiple_choice
doc_to_text: "{{passage}}\\nQuestion: {{question}}?\\nAnswer:"
doc_to_target: label
doc_to_choice: ["no", "yes"]
metric_list:
  - metric: acc
    aggregation: mean
    higher_is_better: true
metadata:
  version: 2.0
`;

const GSM = `
task: sums
output_type: generate_until
doc_to_text: |
  {% for shot in shots %}{{ shot }}
  {% endfor %}Q: {{question}}
  A:
doc_to_target: "{{answer.split('####')[-1].strip()}}"
generation_kwargs: { until: ["Q:"], do_sample: no, max_gen_toks: 40 }
metric_list:
  - metric: exact_match
    ignore_case: true
    regexes_to_ignore: [",", "\\\\$"]
filter_list:
  - name: strict-match
    filter:
      - { function: regex, regex_pattern: "#### (\\\\-?[0-9\\\\.\\\\,]+)", group_select: -1 }
      - { function: take_first }
`;

async function taskOf(t: TestContext, yaml: string, samples?: readonly SampleData[]) {
  const folder = await temporaryFolder(t);
  const path = join(folder, "task.yaml");
  await writeFile(path, yaml);
  const rows = [
    { passage: "Cats purr.", question: "do cats purr", label: 1 },
    { passage: "Owls hoot.", question: "do owls purr", label: 0 },
  ];
  await writeFile(join(folder, "test.jsonl"), rows.map((row) => JSON.stringify(row)).join("\n"));
  await writeFile(join(folder, "base.yaml"), BOOLQ);
  return lmEvalTask(path, samples === undefined ? {} : { samples });
}

const judge = (scorer: unknown, text: string, target: string) =>
  (scorer as ReplyScorer).judge({ text, reasoning: "", finishReason: "stop", seed: 0 }, target, {});

describe("a task of lm-evaluation-harness", () => {
  it("reads CSV as datasets does: names from column_names, and columns of whole numbers", async (t) => {
    const folder = await temporaryFolder(t);
    const path = join(folder, "task.yaml");
    const kwargs = "{ data_files: { test: test.csv }, column_names: [passage, question, label] }";
    const yaml = BOOLQ.replace("path: json", "path: csv").replace(/\{ data_files.*/, kwargs);
    await writeFile(
      join(folder, "test.csv"),
      "Cats purr.,do cats purr,1\nOwls hoot.,do owls purr,0\n",
    );
    await writeFile(path, yaml);
    const { samples } = prepareTask(await lmEvalTask(path));
    assert.deepEqual(
      samples.map(({ choices }) => choices?.right),
      [1, 0],
    );
    await writeFile(path, yaml.replace("column_names", "sep"));
    await assert.rejects(lmEvalTask(path), { code: "ERR_TASK", message: /dataset_kwargs sep: / });
  });

  it("compares its choices behind its prompt, with the delimiter before each", async (t) => {
    const { name, samples, scorer } = prepareTask(await taskOf(t, BOOLQ));
    assert.equal(name, "yes_or_no");
    assert.ok(scorer.kind === "choices" && scorer.by === "sum");
    assert.deepEqual(
      samples.map(({ input, choices }) => [input, choices]),
      [
        ["Cats purr.\nQuestion: do cats purr?\nAnswer:", 1],
        ["Owls hoot.\nQuestion: do owls purr?\nAnswer:", 0],
      ].map(([prompt, right]) => [
        { kind: "prompt", prompt },
        { texts: [" no", " yes"], right },
      ]),
    );
  });

  it("has the fields of the file that it includes behind its own", async (t) => {
    const own =
      'include: base.yaml\ntask: other\ntarget_delimiter: ""\ndescription: "About {{passage}}: "\nmetric_list: [{ metric: acc_norm }]';
    const task = prepareTask(await taskOf(t, own));
    assert.equal(task.name, "other");
    const [sample] = task.samples;
    assert.deepEqual(sample?.choices?.texts, ["no", "yes"]);
    assert.ok(sample?.input.kind === "prompt");
    assert.match(String(sample.input.prompt), /^About Cats purr\.: Cats purr\.\nQuestion/);
    assert.ok(task.scorer.kind === "choices" && task.scorer.by === "byte");
  });

  it("takes choices and targets from templates and columns", async (t) => {
    const yaml = `${BOOLQ}\ninclude: base.yaml`
      .replace('["no", "yes"]', '"{{[a, b]}}"')
      .replace("doc_to_target: label", "doc_to_target: '{{b}}'")
      .replace(/doc_to_text: .*/, "doc_to_text: q");
    const samples = [{ q: "Which?", a: "it's", b: 'a "b"' }];
    const [sample] = prepareTask(await taskOf(t, yaml, samples)).samples;
    assert.deepEqual(sample?.choices, { texts: [" it's", ' a "b"'], right: 1 });
  });

  it("generates until a stop, and compares letter by letter behind its filters", async (t) => {
    const samples = [{ question: "1+2?", answer: "so #### 3", shots: ["a", "b"] }];
    const task = prepareTask(await taskOf(t, GSM, samples));
    assert.deepEqual(task.generation, { temperature: 0, maxTokens: 40, stop: ["Q:"] });
    const [sample] = task.samples;
    assert.equal(sample?.target, "3");
    assert.deepEqual(sample?.input, { kind: "prompt", prompt: "a\nb\nQ: 1+2?\nA:\n" });
    const said = (text: string, target: string) => judge(task.scorer, text, target);
    assert.deepEqual(await said("first #### 7, then #### 1,200", "1200"), {
      score: true,
      answer: "1,200",
    });
    assert.deepEqual(await said("1200", "1200"), { score: false, answer: "[invalid]" });
    const plain = prepareTask(
      await taskOf(t, "task: a\ndoc_to_text: q\ndoc_to_target: q", [{ q: "x" }]),
    );
    assert.deepEqual(plain.generation, { temperature: 0, maxTokens: 256, stop: ["\n\n"] });
    assert.deepEqual(await judge(plain.scorer, " x", "x"), { score: false, answer: " x" });
    assert.deepEqual(await judge(plain.scorer, "x", "x"), { score: true, answer: "x" });
  });

  it("takes a pattern's group for empty where it takes no part, as Python does", async () => {
    const extracted = async (regex_pattern: string, text: string) => {
      const filter = [{ function: "regex", regex_pattern }];
      const scorer = lmEvalScorer("a.yaml", undefined, [{ name: "a", filter }]);
      return (await judge(scorer, text, "")).answer;
    };
    assert.equal(await extracted("x(\\d)?", "x"), "");
    assert.equal(await extracted("x(\\d)?(y)?", "x"), "[invalid]");
    assert.equal(await extracted("x(\\d)?(y)?", "xy"), "y");
    assert.equal(await extracted("x\\d", "x1"), "x1");
  });

  const refused: [what: string, change: (yaml: string) => string, message: RegExp][] = [
    ["a function", (y) => `${y}\nprocess_docs: !function utils.f`, /YAML without tags.*!function/],
    ["a field", (y) => `${y}\nuse_prompt: x`, /use_prompt: expected one of the fields .* got "x"/],
    ["solved samples", (y) => `${y}\nnum_fewshot: 5`, /num_fewshot: expected 0, .* got 5/],
    ["another output", (y) => y.replace("multiple_choice", "loglikelihood"), /got "loglikelihood"/],
    ["another metric", (y) => y.replace("acc\n", "f1\n"), /metric_list: expected acc, .*"f1"/],
    ["a data set", (y) => y.replace(": json", ": super_glue"), /dataset_path: .*"super_glue"/],
    ["a typing error", (y) => y.replace("{{question}}", "{{quesiton}}"), /'quesiton' is undefined/],
    ["YAML", (y) => `${y}\n  - [`, /expected YAML/],
  ];
  for (const [what, change, message] of refused)
    it(`is refused by name for ${what}`, async (t) => {
      const changed = change(BOOLQ);
      assert.notEqual(changed, BOOLQ);
      await assert.rejects(
        taskOf(t, changed).then((task) => prepareTask(task)),
        { name: "InputError", code: "ERR_TASK", message },
      );
    });

  it("is refused for patterns that Python reads otherwise, and for several results", async (t) => {
    const samples = [{ question: "1?", answer: "1", shots: [] }];
    const with_ = (change: (yaml: string) => string, message: RegExp) =>
      assert.rejects(taskOf(t, change(GSM), samples), { code: "ERR_TASK", message });
    await with_((y) => y.replace("#### (", "(?i)#### ("), /filter_list: .*read alike/);
    await with_((y) => y.replace("function: regex", "function: map"), /got "map"/);
    await with_((y) => `${y}  - { name: b, filter: [{ function: take_first }] }`, /one list of/);
    await with_((y) => y.replace("do_sample: no", "top_p: 1"), /generation_kwargs top_p/);
  });
});

it("lists are read as Python writes them", () => {
  assert.deepEqual(pythonList(`['a', "b's", 3, 'c\\'d\\n\\u00e9',]`), ["a", "b's", 3, "c'd\né"]);
  assert.deepEqual(pythonList(" [ ] "), []);
  for (const text of ["[a]", "['a' 'b']", "['a'", "a", "[[1]]"])
    assert.equal(pythonList(text), null);
});
