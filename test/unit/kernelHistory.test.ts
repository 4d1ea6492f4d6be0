import assert from "node:assert/strict";
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { History } from "../../kernel/session/history.ts";
import { HistoryFile } from "../../kernel/session/historyFile.ts";

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
