import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { drawSample } from "../../scripts/mutation/drawSample.ts";
import type { MeasuredTest } from "../../scripts/mutation/measureTests.ts";
import { mutantsOf } from "../../scripts/mutation/mutantsOf.ts";
import { report } from "../../scripts/mutation/report.ts";
import { testsFor } from "../../scripts/mutation/testsFor.ts";

const changes = (text: string) =>
  mutantsOf("a.ts", text).map(({ before, after }) => `${before} -> ${after}`);

describe("mutants of a source", () => {
  it("change one thing each and keep the rest of the file", () => {
    const text = "export const f = (a: number) => a < 2;\n";
    assert.deepEqual(
      mutantsOf("a.ts", text).map(({ source }) => source),
      [
        "export const f = (a: number) => ((a) <= (2));\n",
        "export const f = (a: number) => ((a) >= (2));\n",
        "export const f = (a: number) => a < (2 + 1);\n",
      ],
    );
  });

  it("cover conditions, logic, calls, texts, statements and blocks", () => {
    assert.deepEqual(changes("if (a) b();"), ["a -> true", "a -> false", "b(); -> ;"]);
    assert.deepEqual(changes("while (!a) {}"), ["!a -> false", "!a -> (a)"]);
    assert.deepEqual(changes("x = a ?? b;"), ["x = a ?? b; -> ;", "a ?? b -> ((a) && (b))"]);
    assert.deepEqual(changes("x ??= a?.b;"), ["x ??= a?.b; -> ;", "a?.b -> a.b"]);
    assert.deepEqual(changes("x += [a.sort()];"), [
      "x += [a.sort()]; -> ;",
      "x += [a.sort()] -> (x -= [a.sort()])",
      "[a.sort()] -> []",
      "a.sort() -> a",
    ]);
    assert.deepEqual(changes("let a = Math.min(b, -c);"), [
      "Math.min(b, -c) -> Math.max(b, -c)",
      "-c -> (c)",
    ]);
    assert.deepEqual(changes('const f = () => { return ""; };'), [
      '{ return ""; } -> {}',
      '"" -> "another"',
    ]);
  });

  it("leave types, imports, names of members and the words of errors as they are", () => {
    assert.deepEqual(changes('import a from "b"; type C = "d"; interface E { f: 1 }'), []);
    assert.deepEqual(changes('const a = { "b-c": d };'), []);
    assert.deepEqual(changes('throw new TypeError("a: expected b" + c);'), []);
  });

  it("are left out where they would not be TypeScript", () => {
    assert.deepEqual(changes("const a = { 1: b };"), []);
    assert.deepEqual(changes("a`b`.c;"), ["a`b`.c; -> ;"]);
  });

  it("know the named functions they stand in", () => {
    const [mutant] = mutantsOf("a.ts", "class A { #b() { return () => 1; } }").slice(-1);
    assert.deepEqual(mutant?.functions, ["#b"]);
  });
});

describe("the drawn sample", () => {
  const list = Array.from({ length: 100 }, (_, index) => index);

  it("is the same for the same seed, in order, and another for another seed or file", () => {
    const drawn = drawSample(list, 10, 1, "a.ts");
    assert.equal(new Set(drawn).size, 10);
    assert.deepEqual(
      [...drawn].sort((a, b) => a - b),
      drawn,
    );
    assert.deepEqual(drawSample(list, 10, 1, "a.ts"), drawn);
    assert.notDeepEqual(drawSample(list, 10, 2, "a.ts"), drawn);
    assert.notDeepEqual(drawSample(list, 10, 1, "b.ts"), drawn);
    assert.deepEqual(drawSample(list, 1000, 1, "a.ts"), list);
  });
});

describe("the tests asked for a mutant", () => {
  const test = (name: string, run: string[], seen: string[], away = 1): MeasuredTest => ({
    test: name,
    durationMs: 1,
    runs: new Map([["a.ts", { run: new Set(run), seen: new Set(seen), hasRun: run.length > 0 }]]),
    distances: new Map([["a.ts", away]]),
  });
  const tests = [
    test("one", ["f"], ["f", "g"]),
    test("two", ["g"], ["g"]),
    test("three", [], ["f"]),
  ];
  const far = [test("far", ["f"], ["f"], 3), test("lone", ["h"], ["h"], 5)];
  const asked = (...functions: string[]) => {
    const [mutant] = mutantsOf("a.ts", "a(1)");
    assert.ok(mutant);
    return testsFor({ ...mutant, functions }, [...tests, ...far]).map(({ test: name }) => name);
  };

  it("run the innermost function whose name the coverage knows, or anything of the file", () => {
    assert.deepEqual(asked("f"), ["one"]);
    assert.deepEqual(asked("unknown", "g"), ["two"]);
    assert.deepEqual(asked("unknown"), ["one", "two"]);
    assert.deepEqual(asked(), ["one", "two"]);
  });

  it("are the nearest that run it, however far those are", () => {
    assert.deepEqual(asked("h"), ["lone"]);
  });
});

describe("the report", () => {
  it("lists survivors by place and counts what was noticed, for each file and in all", () => {
    const [mutant] = mutantsOf("a.ts", "\na(1)").slice(-1);
    assert.ok(mutant);
    const of = (fate: "killed" | "timed out" | "survived" | "not run") =>
      ({ mutant, fate, by: null }) as const;
    const lines = report([of("killed"), of("timed out"), of("survived"), of("not run")]);
    assert.equal(lines[0], "survived  a.ts:2  one more: 1  ->  (1 + 1)");
    assert.equal(lines.filter((line) => line.includes("a.ts:2")).length, 2);
    assert.match(lines.at(-1) ?? "", /^all +4 +1 +1 +1 +1 +50\.0 %$/);
  });
});
