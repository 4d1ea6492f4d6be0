import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { parseNotebook } from "../../kernel/server/contents/notebookFormat.ts";
import { validateNotebook } from "../../kernel/server/contents/notebookValidation.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import { until } from "../fixtures/until.ts";

const folder = mkdtempSync(join(tmpdir(), "vitrine-writeups-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const ENV = { ...process.env, JUPYTER_DATA_DIR: join(folder, "jupyter") };
const COMMAND = inRepository("bin/vitrine.mjs");

/** Runs the built command as a shell would. */
function vitrine(...args: readonly string[]) {
  const options = { cwd: folder, encoding: "utf8", env: ENV } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...args], options);
  return { code: status, out: stdout, error: stderr };
}

type Source = string | readonly [source: string, ...tags: string[]];

/** Writes a notebook of code cells, with the tags that stand behind their sources. */
function write(name: string, ...sources: readonly Source[]): void {
  const cells = sources.map((each, i) => {
    const [source, ...tags] = typeof each === "string" ? [each] : each;
    const metadata = tags.length === 0 ? {} : { tags };
    return { cell_type: "code", id: `c${i}`, metadata, execution_count: null, outputs: [], source };
  });
  const notebook = { cells, metadata: {}, nbformat: 4, nbformat_minor: 5 };
  writeFileSync(join(folder, name), JSON.stringify(notebook));
}

const textOf = (name: string): string => readFileSync(join(folder, name), "utf8");
const read = (name: string) => parseNotebook(textOf(name), name);

/** What each cell showed: printed text, values as text, names of errors. */
function shown(name: string): string[] {
  type Output = Readonly<Record<"text" | "ename", string>> & { data?: Record<string, string> };
  return read(name).cells.map(({ outputs = [] }) =>
    (outputs as Output[])
      .map(({ text, data, ename }) => text ?? data?.["text/plain"] ?? ename)
      .join("|"),
  );
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const PICTURE = `import { loadModel } from "vitrine";
import { attention } from "vitrine/widgets";
const model = await loadModel("tiny", { backend: "cpu" });
attention(await model.run(text))`;

test("a run with parameters writes the same bytes each time, and verify finds what differs", () => {
  write(
    "look.ipynb",
    ["const text = 'The cat';\nconst share = 0.5;", "parameters"],
    "console.log(text); share / 3",
    PICTURE,
    ["process.hrtime.bigint()", "volatile"],
    ["throw new TypeError('meant')", "raises-exception"],
    ["never()", "skip-execution"],
  );
  const set = ["--set", "text=The keys", "--set", "share=0.1"];
  const { code, out, error } = vitrine("run", "look.ipynb", ...set, "--html");
  assert.equal(code, 0, error);
  assert.match(out, /^look\.run\.html: written\nlook\.run\.ipynb: 6 cells ran\n$/);
  const [, , printed = "", picture = "", , failed, skipped] = shown("look.run.ipynb");
  assert.equal(printed, "The keys\n|0.03333333333333333");
  assert.match(picture, /over 4 tokens/);
  assert.deepEqual([failed, skipped], ["TypeError", ""]);
  const notebook = read("look.run.ipynb");
  assert.equal(validateNotebook(notebook), null);
  assert.deepEqual(
    notebook.cells.map(({ execution_count: count }) => count),
    [1, 2, 3, 4, 5, 6, null],
  );
  assert.match(textOf("look.run.html"), /data-live/);
  assert.deepEqual(Object.keys(widgetsOf(notebook)), ["widget-1"]);

  assert.equal(vitrine("run", "look.ipynb", ...set, "--out", "again.ipynb").code, 0);
  const withoutTimes = (name: string): string => {
    const cells = read(name).cells.map((cell, i) => (i === 4 ? { ...cell, outputs: [] } : cell));
    return createHash("sha256")
      .update(JSON.stringify({ ...read(name), cells }))
      .digest("hex");
  };
  assert.equal(withoutTimes("again.ipynb"), withoutTimes("look.run.ipynb"));

  const same = vitrine("verify", "look.run.ipynb");
  assert.equal(same.code, 0, same.out);
  assert.match(same.out, /: \d+ the same, 0 different, 1 volatile cell not compared\n$/);
  const altered = textOf("look.run.ipynb").replace("0.03333333333333333", "0.03333333333333334");
  writeFileSync(join(folder, "altered.ipynb"), altered);
  const differs = vitrine("verify", "altered.ipynb");
  assert.equal(differs.code, 1);
  assert.match(
    differs.out,
    /^cell 3 \(c1\), output 2, text\/plain: different\n {2}saved {2}0\.03333333333333334\n {2}now {4}0\.03333333333333333\n/,
  );
  assert.match(differs.error, /altered\.ipynb shows something else than it has/);
  const near = vitrine("verify", "altered.ipynb", "--tolerance", "1e-12");
  assert.equal(near.code, 0, near.out);
  assert.match(near.out, /within tolerance, at most 2\.\d+e-16 apart/);
});

type Widgets = Record<string, { state: Record<string, unknown> }>;
const widgetsOf = ({ metadata }: ReturnType<typeof read>) =>
  (metadata.widgets as Widgets)["application/vnd.jupyter.widget-state+json"]?.state ?? {};

test("a cell that fails ends the run, and the notebook has what came before", () => {
  write(
    "fail.ipynb",
    "const n = 1; n",
    "console.log('so far'); throw new RangeError('too far')",
    "n",
  );
  const { code, out, error } = vitrine("run", "fail.ipynb", "--in-place");
  assert.deepEqual([code, out], [1, ""]);
  assert.match(
    error,
    /run: cell 2 \(c1\) failed after 1 that ran; .*fail\.ipynb has what they showed/,
  );
  assert.match(error, /RangeError: too far/);
  assert.deepEqual(shown("fail.ipynb"), ["1", "so far\n|RangeError", ""]);
  const verified = vitrine("verify", "fail.ipynb"); // the saved error is the same, and what is behind it was not compared
  assert.equal(verified.code, 1, verified.out);
  assert.match(
    verified.error,
    /expected all cells of fail\.ipynb to run, got cell 2 \(c1\) that failed/,
  );

  write(
    "end.ipynb",
    "'before'",
    "process.stdout.write('last words'); process.kill(process.pid, 'SIGKILL')",
    "1",
  );
  const ended = vitrine("run", "end.ipynb");
  assert.equal(ended.code, 1);
  assert.match(ended.error, /its process ended by SIGKILL/);
  assert.deepEqual(shown("end.run.ipynb").at(0), "'before'");
  assert.match(shown("end.run.ipynb").at(1) ?? "", /KernelError$/);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith(".")),
    [],
    "no half file is left",
  );
});

test("Ctrl-C interrupts the cell, and the notebook and no process is left", async () => {
  write(
    "long.ipynb",
    "const fs = require('node:fs')",
    "fs.writeFileSync('pid', String(process.pid)); for (;;) {}",
    "1",
  );
  const child = spawn(process.execPath, [COMMAND, "run", "long.ipynb"], { cwd: folder, env: ENV });
  const exited = once(child, "exit");
  await until("the cell to run", () => existsSync(join(folder, "pid")) && textOf("pid") !== "");
  child.kill("SIGINT");
  assert.deepEqual(await exited, [130, null]);
  assert.deepEqual(shown("long.run.ipynb"), ["", "KeyboardInterrupt", ""]);
  assert.equal(isAlive(Number(textOf("pid"))), false);
});

test("what cannot be run or verified is refused by name", () => {
  write("plain.ipynb", "1");
  const cases: readonly (readonly [number, RegExp, ...string[]])[] = [
    [2, /expected --set name=value, got "samples"/, "run", "plain.ipynb", "--set", "samples"],
    [
      1,
      /a code cell with the tag "parameters" for --set a, got none/,
      "run",
      "plain.ipynb",
      "--set",
      "a=1",
    ],
    [
      2,
      /expected --out or --in-place, got both/,
      "run",
      "plain.ipynb",
      "--in-place",
      "--out",
      "x.ipynb",
    ],
    [
      1,
      /run: expected a file that can be written, got no\S*: no such folder/,
      "run",
      "plain.ipynb",
      "--out",
      "no/x.ipynb",
    ],
    [1, /expected a notebook with outputs to compare, got none/, "verify", "plain.ipynb"],
    [1, /expected a notebook at none\.ipynb/, "verify", "none.ipynb"],
    [2, /number of at least 0/, "verify", "plain.ipynb", "--tolerance", "-1"],
  ];
  for (const [code, message, ...args] of cases) {
    const result = vitrine(...args);
    assert.equal(result.code, code, result.error);
    assert.match(result.error, message);
  }
  const python = { kernelspec: { name: "python3", display_name: "Python", language: "python" } };
  writeFileSync(
    join(folder, "snake.ipynb"),
    JSON.stringify({ ...read("plain.ipynb"), metadata: python }),
  );
  assert.match(
    vitrine("run", "snake.ipynb").error,
    /expected a notebook of TypeScript, got "python"/,
  );
});

test("a notebook goes to TypeScript and back, runs from there, and replaces nothing unasked", () => {
  write("turn.ipynb", ["const n = 2;", "parameters"], "n * 21");
  const { code, out } = vitrine("convert", "turn.ipynb");
  assert.deepEqual([code, out], [0, "turn.nb.ts: 2 cells\n"]);
  assert.match(textOf("turn.nb.ts"), /\n\/\/ %% id="c0" tags=\["parameters"\]\nconst n = 2;\n/);
  assert.match(
    vitrine("convert", "turn.nb.ts").error,
    /expected the name of a new file, got turn\.ipynb/,
  );
  const before = read("turn.ipynb");
  assert.equal(vitrine("convert", "turn.nb.ts", "--force").code, 0);
  assert.deepEqual(read("turn.ipynb"), before);
  assert.equal(vitrine("run", "turn.nb.ts", "--set", "n=3").code, 0);
  assert.deepEqual(shown("turn.run.ipynb"), ["", "", "63"]);
});
