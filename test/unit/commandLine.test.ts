import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { tokenIdList } from "../../cli/parseNumbers.ts";
import { createProgram } from "../../cli/program.ts";
import { runProgram } from "../../cli/runProgram.ts";
import { servedPath } from "../../cli/servedPath.ts";

/** Runs a command line in this process and keeps what commander prints. */
async function run(...args: string[]): Promise<{ code: number; out: string; error: string }> {
  const program = createProgram();
  let out = "";
  let error = "";
  for (const command of [program, ...program.commands]) {
    command.configureOutput({
      writeOut: (text) => {
        out += text;
      },
      writeErr: (text) => {
        error += text;
      },
    });
  }
  return { code: await runProgram(program, args), out, error };
}

test("every command explains itself with examples and exit code 0", async () => {
  for (const name of [
    "lab",
    "install",
    "uninstall",
    "generate",
    "trace",
    "doctor",
    "tune",
    "plan",
    "evaluate",
    "merge",
    "submit",
    "run",
    "verify",
    "convert",
    "replay",
  ]) {
    const { code, out } = await run(name, "--help");
    assert.equal(code, 0, name);
    assert.match(out, new RegExp(`Usage: vitrine ${name}`));
    assert.match(out, new RegExp(`Examples:\\n {2}vitrine ${name}`));
  }
});

test("a wrong command line ends with exit code 2 and says what was wrong", async () => {
  const cases: [RegExp, ...string[]][] = [
    [/unknown option '--what'/, "doctor", "--what"],
    [/unknown command 'dance'/, "dance"],
    [/required option '--model <name>' not specified/, "generate", "--prompt", "a"],
    [
      /whole number of at least 1/,
      "generate",
      "--model",
      "m",
      "--prompt",
      "a",
      "--max-tokens",
      "0",
    ],
    [/above 0 and at most 1/, "generate", "--model", "m", "--prompt", "a", "--top-p", "1.5"],
    [/Allowed choices are auto/, "generate", "--model", "m", "--prompt", "a", "--backend", "gpu"],
    [/from 0 to 65535/, "lab", "--port", "70000"],
    [/token ids between commas/, "trace", "--token-ids", "1;2"],
  ];
  for (const [message, ...args] of cases) {
    const { code, error } = await run(...args);
    assert.equal(code, 2, args.join(" "));
    assert.match(error, message);
  }
});

test("generating with a model that has no tokenizer names what can be done here", async (t) => {
  const folder = fileURLToPath(new URL("../fixtures/hf-random/llama3", import.meta.url));
  const written = t.mock.method(process.stderr, "write", () => true);
  const args = ["--model", folder, "--prompt", "a", "--backend", "reference"];
  const { code } = await run("generate", ...args);
  const error = written.mock.calls.map((call) => String(call.arguments[0])).join("");
  written.mock.restore();
  assert.equal(code, 1);
  assert.match(
    error,
    /llama3: expected tokenizer\.json.*got none of them\. Save .*vitrine trace --token-ids/,
  );
  assert.doesNotMatch(error, /pass token ids/i);
});

test("the version is the package's", async () => {
  const { code, out } = await run("--version");
  assert.equal(code, 0);
  assert.match(out, /^\d+\.\d+\.\d+\n$/);
});

test("token ids are read between commas, with or without spaces", () => {
  assert.deepEqual(tokenIdList("1,22, 333"), [1, 22, 333]);
  for (const text of ["", "1,", "a", "-1", "1.5"]) assert.throws(() => tokenIdList(text));
});

test("a path to open is read from the root and stays inside it", () => {
  const root = mkdtempSync(join(tmpdir(), "vitrine-root-"));
  mkdirSync(join(root, "a b"));
  writeFileSync(join(root, "a b", "größe.ipynb"), "{}");
  assert.deepEqual(servedPath(root, undefined), { root, defaultUrl: "/lab" });
  assert.deepEqual(servedPath(root, "."), { root, defaultUrl: "/lab" });
  const url = "/lab/tree/a%20b/gr%C3%B6%C3%9Fe.ipynb";
  assert.deepEqual(servedPath(root, join("a b", "größe.ipynb")), { root, defaultUrl: url });
  assert.throws(() => servedPath(root, ".."), /inside/);
  assert.throws(() => servedPath(root, tmpdir()), /inside/);
  assert.throws(() => servedPath(root, "missing.ipynb"), /does not exist/);
  assert.throws(() => servedPath(join(root, "nowhere"), undefined), /name a folder/);
});
