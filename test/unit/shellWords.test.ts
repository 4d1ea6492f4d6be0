import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, it } from "node:test";
import { shellWord } from "../../cli/submit/shellWord.ts";
import { shellWords } from "../../cli/submit/shellWords.ts";
import fc from "../fixtures/fastCheck.ts";
import { testWhere } from "../fixtures/testWhere.ts";

describe("words of a command line", () => {
  it("are split and unquoted as a shell does it", () => {
    assert.deepEqual(shellWords("npx vitrine"), ["npx", "vitrine"]);
    assert.deepEqual(shellWords(" node  '/opt/my vitrine/bin.mjs'\t"), [
      "node",
      "/opt/my vitrine/bin.mjs",
    ]);
    assert.deepEqual(shellWords('a"b c"\\ d \'\' "\\"\\\\e\\f"'), ["ab c d", "", '"\\e\\f']);
    assert.deepEqual(shellWords("env A=1 vitrine a~b c#d"), [
      "env",
      "A=1",
      "vitrine",
      "a~b",
      "c#d",
    ]);
    assert.deepEqual(shellWords('npx \\\n vit\\\nrine "a\\\nb"'), ["npx", "vitrine", "ab"]);
  });

  it("come back from what quotes them", () => {
    const words = fc.array(fc.string({ unit: "grapheme" }), { minLength: 1 });
    fc.assert(
      fc.property(words, (words) => {
        const all = ["vitrine", ...words];
        assert.deepEqual(shellWords(all.map(shellWord).join(" ")), all);
      }),
    );
  });

  it("are refused where a shell would do more than split them", () => {
    for (const text of [
      "$HOME/vitrine",
      "a; b",
      "a | b",
      "`a`",
      '"$A"',
      "~/vitrine",
      "a *",
      "a # b",
      "(a)",
      "a\nb",
    ])
      assert.throws(() => shellWords(text), /Expected words alone, got /, text);
    for (const text of ["'a", '"a', "a\\"])
      assert.throws(() => shellWords(text), /Expected something behind the last/, text);
    assert.throws(() => shellWords("  "), /Expected a command, for example "npx vitrine"/);
    assert.throws(() => shellWords("A=1 vitrine"), /got the variable "A=1"\. Write env before it/);
  });
});

testWhere(process.platform !== "win32")("they are those that sh makes of them", () => {
  const unit = fc.constantFrom("a", "b", " ", "'", '"', "\\", "=", "-", "/", "~", "#", "\n");
  fc.assert(
    fc.property(fc.string({ unit, minLength: 1, maxLength: 12 }), (text) => {
      const line = `x ${text}`;
      let words: string[];
      try {
        words = shellWords(line);
      } catch {
        return; // what a shell does then is not asked
      }
      const said = execFileSync("/bin/sh", ["-c", `printf '%s\\0' ${line}`], { encoding: "utf8" });
      assert.deepEqual(said.split("\0").slice(0, -1), words);
    }),
    { numRuns: 150 },
  );
});
