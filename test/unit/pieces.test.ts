import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileLines } from "../../engine/base/fileLines.node.ts";
import { inBatches, jsonList, tooLong, wholeText } from "../../engine/base/pieces.ts";
import { replaceFiles } from "../../engine/base/replaceFiles.node.ts";
import { writeOutput } from "../../engine/base/writeOutput.node.ts";
import { writeResults } from "../../engine/evaluate/writeResults.node.ts";
import { SUMS_NOW } from "../fixtures/evaluationRecords.ts";
import fc from "../fixtures/fastCheck.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";

/** Letters of one to four bytes, and those that other readers take for the end of a line. */
const text = fc.string({ unit: fc.constantFrom("a", "é", "\u2028", "\r", "\u{1f600}", "\n") });

describe("the lines of a file", () => {
  it("are what stands between line feeds, wherever its chunks are cut", async (t) => {
    const path = join(await temporaryFolder(t), "lines");
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 9 }), async (content, chunkBytes) => {
        await writeFile(path, content);
        const found: string[] = [];
        let rest = "";
        for await (const { text, isEnded } of fileLines(path, chunkBytes))
          if (isEnded) found.push(text);
          else rest = text;
        assert.deepEqual([...found, rest], content.split("\n"));
      }),
      { numRuns: 60 },
    );
  });
});

describe("pieces of a text", () => {
  it("are joined to batches that come to the same text", () => {
    fc.assert(
      fc.property(fc.array(text), fc.integer({ min: 1, max: 9 }), (pieces, least) => {
        const batches = [...inBatches(pieces, least)];
        assert.equal(batches.join(""), pieces.join(""));
        assert.ok(
          batches
            .slice(0, -1)
            .every((batch, i) => batch.length >= least || (batches[i + 1]?.length ?? 0) >= least),
        );
        assert.ok(!batches.includes(""));
      }),
    );
  });

  it("come to one text up to the length that a text may have, and are refused beyond", () => {
    const whole = { what: "evaluation.toCsv", fix: "Take csvLines().", most: 6 };
    assert.equal(wholeText(["abc", "def"], whole), "abcdef");
    assert.throws(() => wholeText(["abc", "defg"], whole), {
      code: "ERR_TEXT_LENGTH",
      message:
        /^evaluation\.toCsv: expected at most \d+ letters, .*, got more\. Take csvLines\(\)\.$/,
    });
  });

  it("of a list are the JSON of the list", () => {
    const json = (item: unknown) => JSON.stringify(item);
    for (const list of [[], [1], [{ a: "é" }, null, ["b"]]])
      assert.equal([...jsonList(list, json)].join(""), JSON.stringify(list));
  });

  it("that cannot be made are refused for that, not for the file that they were to be written to", async (t) => {
    const folder = await temporaryFolder(t);
    function* tooLarge() {
      yield "new";
      throw tooLong('evaluate sample "a" as JSON', "Capture less of it.");
    }
    await assert.rejects(writeOutput("evaluate", join(folder, "a"), tooLarge(), "choose another"), {
      code: "ERR_TEXT_LENGTH",
      message: /^evaluate sample "a" as JSON: .*Capture less of it\.$/,
    });
    await assert.rejects(writeOutput("evaluate", join(folder, "b", "a"), "a", "choose another"), {
      code: "ERR_OUTPUT",
      message:
        /^evaluate: expected a file that can be written, got .*ENOENT.*, or choose another\.$/,
    });
    assert.deepEqual(await readdir(folder), []);
  });

  it("are written one after the other, and the file is whole or the old one", async (t) => {
    const folder = await temporaryFolder(t);
    const path = join(folder, "a");
    await replaceFiles(new Map([[path, ["a", new Uint8Array([98]), "é"]]]));
    assert.equal(await readFile(path, "utf8"), "abé");
    function* broken() {
      yield "new";
      throw new RangeError("no more");
    }
    await assert.rejects(replaceFiles(new Map([[path, broken()]])), {
      name: "RangeError",
      message: "no more",
    });
    assert.equal(await readFile(path, "utf8"), "abé");
    assert.deepEqual(await readdir(folder), ["a"]);
  });

  it("are those of samples.csv, whose bytes and hash results.json has", async (t) => {
    const folder = await temporaryFolder(t);
    await writeResults(folder, SUMS_NOW);
    const { files } = JSON.parse(await readFile(join(folder, "results.json"), "utf8"));
    for (const name of ["samples.csv", "samples.parquet"]) {
      const bytes = await readFile(join(folder, name));
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      assert.deepEqual(files[name], { sha256, bytes: bytes.length });
    }
    assert.equal(await readFile(join(folder, "samples.csv"), "utf8"), SUMS_NOW.toCsv());
  });
});
