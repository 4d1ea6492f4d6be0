import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs, {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, mock, test } from "node:test";
import { fileURLToPath } from "node:url";
import { History } from "../../kernel/session/history.ts";
import { HistoryFile } from "../../kernel/session/historyFile.ts";
import { TYPESCRIPT_FLAGS } from "../../scripts/typescript/flags.ts";

const folder = mkdtempSync(join(tmpdir(), "vitrine-history-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test("history answers by range, tail and pattern", () => {
  const history = new History();
  for (const [index, input] of ["let a = 1", "a + 1", "let b = 2", "a + 1"].entries()) {
    history.add(index + 1, input);
  }
  history.setOutput(2, "2");
  assert.deepEqual(history.query({ hist_access_type: "tail", n: 2 }), [
    [1, 3, "let b = 2"],
    [1, 4, "a + 1"],
  ]);
  assert.deepEqual(
    history.query({ hist_access_type: "range", session: 0, start: 2, stop: 3, output: true }),
    [[1, 2, ["a + 1", "2"]]],
  );
  assert.deepEqual(history.query({ hist_access_type: "search", pattern: "a*", unique: true }), [
    [1, 4, "a + 1"],
  ]);
  assert.deepEqual(history.query({ hist_access_type: "search", pattern: "let ?*", n: 1 }), [
    [1, 3, "let b = 2"],
  ]);
  assert.deepEqual(history.query({ hist_access_type: "range", session: -1 }), []);
});

test("a session sees those before it, numbered in the order in which they began", () => {
  const file = new HistoryFile(join(folder, "deep", "history.jsonl"));
  const first = new History(file);
  first.add(1, "one");
  const second = new History(file);
  second.add(1, "two");
  first.add(2, "one again");
  const third = new History(file);
  assert.deepEqual(third.query({ hist_access_type: "tail", n: 10 }), [
    [1, 1, "one"],
    [2, 1, "two"],
    [1, 2, "one again"],
  ]);
  third.add(1, "three");
  assert.deepEqual(third.query({ hist_access_type: "range", session: -2 }), [
    [1, 1, "one"],
    [1, 2, "one again"],
  ]);
  assert.deepEqual(third.query({ hist_access_type: "range", session: 0 }), [[3, 1, "three"]]);
  assert.deepEqual(third.query({ hist_access_type: "range", session: 2, output: true }), [
    [2, 1, ["two", null]],
  ]);
  if (process.platform !== "win32") {
    assert.equal(statSync(join(folder, "deep", "history.jsonl")).mode & 0o777, 0o600);
  }
});

test("a history cut anywhere by a crash keeps every whole line, and what is added after", () => {
  const path = join(folder, "cut.jsonl");
  const file = new HistoryFile(path);
  const inputs = ["plain", "two\nlines", 'quotes " and \\ and Ł', "last"];
  for (const [line, input] of inputs.entries()) file.append({ session: "s", line, input });
  const whole = readFileSync(path);
  for (let size = 0; size <= whole.length; size++) {
    writeFileSync(path, whole.subarray(0, size));
    const before = file.read().records.map(({ input }) => input);
    assert.deepEqual(before, inputs.slice(0, before.length));
    file.append({ session: "t", line: 1, input: "after" });
    assert.deepEqual(
      file.read().records.map(({ input }) => input),
      [...before, "after"],
    );
  }
});

test("a history that outgrew its size drops its oldest sessions and keeps their numbers", () => {
  const path = join(folder, "large.jsonl");
  const file = new HistoryFile(path, 2000);
  for (let session = 1; session <= 12; session++) {
    const history = new History(file);
    history.add(1, `${session}:${"x".repeat(200)}`);
    assert.ok(statSync(path).size < 2600, `${statSync(path).size} bytes after ${session}`);
  }
  const tail = new History(file).query({ hist_access_type: "tail", n: 100 });
  assert.ok(tail.length >= 2 && tail.length < 12, `${tail.length} cells`);
  for (const [session, , input] of tail) assert.equal(Number(String(input).split(":")[0]), session);
  assert.equal(tail.at(-1)?.[0], 12);
});

test("nothing is lost that other kernels append while two replace the file", async () => {
  const path = join(folder, "shared.jsonl");
  const appender = fileURLToPath(new URL("../fixtures/kernel/historyKernel.ts", import.meta.url));
  const lines = 1000;
  const kernels = ["append", "append", "trim"].map((how, index) =>
    spawn(
      process.execPath,
      [...TYPESCRIPT_FLAGS, appender, how, path, `${index * lines}`, `${lines}`],
      {
        stdio: "inherit",
      },
    ),
  );
  const exits = kernels.map((kernel) => once(kernel, "exit"));
  const replaced = mock.method(fs, "renameSync");
  syncBuiltinESMExports();
  const areAppending = (): boolean =>
    kernels
      .slice(0, 2)
      .some(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
  try {
    while (areAppending() || replaced.mock.callCount() < 3) {
      new HistoryFile(path, 0).trim();
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    writeFileSync(`${path}.end`, ""); // a kill between a replacement and what it carries over loses that
    replaced.mock.restore();
    syncBuiltinESMExports();
  }
  assert.deepEqual(
    (await Promise.all(exits)).map(([code]) => code),
    [0, 0, 0],
  );
  const kept = new HistoryFile(path).read().records.map(({ line }) => line);
  assert.deepEqual(
    kept.sort((a, b) => a - b),
    Array.from({ length: 2 * lines }, (_, line) => line),
  );
});

test("a line goes to the new file if the old one was replaced while the line was on its way", () => {
  const path = join(folder, "late.jsonl");
  const file = new HistoryFile(path, 0);
  file.append({ session: "s", line: 1, input: "early" });
  const { openSync } = fs;
  const opened = mock.method(fs, "openSync", (...args: Parameters<typeof openSync>) => {
    const descriptor = openSync(...args);
    if (args[1] === "a" && opened.mock.callCount() === 0) new HistoryFile(path, 0).trim();
    return descriptor;
  });
  syncBuiltinESMExports();
  try {
    file.append({ session: "s", line: 2, input: "late" });
  } finally {
    opened.mock.restore();
    syncBuiltinESMExports();
  }
  assert.deepEqual(
    file.read().records.map(({ input }) => input),
    ["early", "late"],
  );
});

test("a line gets into the file however often that is replaced while the line is on its way", () => {
  const path = join(folder, "restless.jsonl");
  const file = new HistoryFile(path, 0);
  file.append({ session: "s", line: 1, input: "early" });
  const { openSync } = fs;
  let replacementsLeft = 20;
  const opened = mock.method(fs, "openSync", (...args: Parameters<typeof openSync>) => {
    const descriptor = openSync(...args);
    if (args[1] === "a" && replacementsLeft > 0) {
      replacementsLeft -= 1;
      new HistoryFile(path, 0).trim();
    }
    return descriptor;
  });
  syncBuiltinESMExports();
  try {
    file.append({ session: "s", line: 2, input: "late" });
  } finally {
    opened.mock.restore();
    syncBuiltinESMExports();
  }
  assert.equal(replacementsLeft, 0);
  assert.deepEqual(
    file.read().records.map(({ input }) => input),
    ["early", "late"],
  );
});

test("a line that reaches the old file at the last moment is carried over to the new one", () => {
  const path = join(folder, "last.jsonl");
  const file = new HistoryFile(path, 0);
  file.append({ session: "s", line: 1, input: "early" });
  const { renameSync } = fs;
  const renamed = mock.method(fs, "renameSync", (...args: Parameters<typeof renameSync>) => {
    // Of a kernel that dies before it sees that the file is the old one.
    appendFileSync(path, `\n${JSON.stringify({ session: "s", line: 2, input: "late" })}`);
    renameSync(...args);
  });
  syncBuiltinESMExports();
  try {
    file.trim();
  } finally {
    renamed.mock.restore();
    syncBuiltinESMExports();
  }
  assert.equal(renamed.mock.callCount(), 1);
  assert.deepEqual(
    file.read().records.map(({ input }) => input),
    ["early", "late"],
  );
});

test("a replacement that a dead kernel left is swept, and the next kernel replaces the file", () => {
  const path = join(folder, "left.jsonl");
  const file = new HistoryFile(path, 100);
  for (const session of ["old", "new"])
    file.append({ session, line: 1, input: session.repeat(40) });
  const sizeBytes = statSync(path).size;
  writeFileSync(`${path}.new`, "half of a repl");
  file.trim();
  assert.equal(statSync(path).size, sizeBytes, "somebody else may be at it");
  utimesSync(`${path}.new`, 0, 0);
  file.trim();
  file.trim();
  assert.deepEqual(file.read(), {
    firstSession: 2,
    records: [{ session: "new", line: 1, input: "new".repeat(40) }],
  });
  assert.equal(existsSync(`${path}.new`), false);
});

test("a replacement keeps a last line that is still being written", () => {
  const path = join(folder, "writing.jsonl");
  const file = new HistoryFile(path, 0);
  file.append({ session: "a", line: 1, input: "whole" });
  const line = `\n${JSON.stringify({ session: "a", line: 2, input: "two Łetters" })}`;
  const bytes = Buffer.from(line);
  const middle = bytes.indexOf("Ł") + 1;
  appendFileSync(path, bytes.subarray(0, middle));
  file.trim();
  appendFileSync(path, bytes.subarray(middle));
  assert.deepEqual(
    file.read().records.map(({ input }) => input),
    ["whole", "two Łetters"],
  );
});

test("a line of which a replacement saw the beginning stays whole beside what others append to the new file", () => {
  const path = join(folder, "torn.jsonl");
  const file = new HistoryFile(path, 0);
  file.append({ session: "s", line: 1, input: "early" });
  const line = `\n${JSON.stringify({ session: "s", line: 2, input: "torn" })}`;
  const { fsyncSync, renameSync } = fs;
  const flushed = mock.method(fs, "fsyncSync", (...args: Parameters<typeof fsyncSync>) => {
    fsyncSync(...args);
    appendFileSync(path, line.slice(0, 20));
  });
  const renamed = mock.method(fs, "renameSync", (...args: Parameters<typeof renameSync>) => {
    appendFileSync(path, line.slice(20)); // whoever wrote it saw the old file in its place
    renameSync(...args);
    file.append({ session: "s", line: 3, input: "other" });
  });
  syncBuiltinESMExports();
  try {
    file.trim();
  } finally {
    flushed.mock.restore();
    renamed.mock.restore();
    syncBuiltinESMExports();
  }
  assert.equal(flushed.mock.callCount(), 1);
  assert.equal(renamed.mock.callCount(), 1);
  const inputs = file.read().records.map(({ input }) => input);
  assert.deepEqual(inputs.sort(), ["early", "other", "torn"]);
});

test("a history that cannot be written says so once and goes on in memory", () => {
  const blocker = join(folder, "blocker");
  appendFileSync(blocker, "");
  const errors: string[] = [];
  const history = new History(new HistoryFile(join(blocker, "history.jsonl")), ({ message }) =>
    errors.push(message),
  );
  history.add(1, "a");
  history.add(2, "b");
  assert.equal(errors.length, 1);
  assert.match(errors[0] ?? "", /ENOTDIR|EEXIST|ENOENT/);
});
