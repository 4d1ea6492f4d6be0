import assert from "node:assert/strict";
import { test } from "node:test";
import { MessageChannel } from "node:worker_threads";
import { NewestFirst } from "../../kernel/session/newestFirst.ts";

/** Answers into a list; resolves when as many as expected are there. */
function answering(expected: number) {
  const answered: string[] = [];
  let resolve: (all: string[]) => void;
  const done = new Promise<string[]>((fulfil) => {
    resolve = fulfil;
  });
  const answer = (question: string): void => {
    answered.push(question);
    if (answered.length === expected) resolve(answered);
  };
  return { answer, answered, done };
}

test("of what has been asked by now the newest is answered first, and all the others after it", async () => {
  const { answer, done } = answering(4);
  const questions = new NewestFirst(answer);
  for (const question of ["p", "pr", "pro", "proc"]) questions.add(question);
  assert.deepEqual(await done, ["proc", "pro", "pr", "p"]);
});

test("messages that are waiting to be handed over have been asked by now", async () => {
  const { answer, done } = answering(3);
  const questions = new NewestFirst(answer);
  const { port1, port2 } = new MessageChannel();
  port2.on("message", (question: string) => questions.add(question));
  for (const question of ["a", "ab", "abc"]) port1.postMessage(question);
  assert.deepEqual(await done, ["abc", "ab", "a"]);
  port1.close();
});

test("what is asked while another is answered comes before what has waited", async () => {
  const { answer, answered, done } = answering(4);
  const questions = new NewestFirst<string>((question) => {
    answer(question);
    if (question === "ab") questions.add("abc");
    if (question === "abc") questions.add("abcd");
  });
  questions.add("a");
  questions.add("ab");
  assert.deepEqual(answered, [], "nothing is answered while it is asked");
  assert.deepEqual(await done, ["ab", "abc", "abcd", "a"]);
});

test("a question alone is answered, and so is the one after a pause", async () => {
  const first = answering(1);
  const second = answering(1);
  let { answer } = first;
  const questions = new NewestFirst<string>((question) => answer(question));
  questions.add("a");
  assert.deepEqual(await first.done, ["a"]);
  answer = second.answer;
  questions.add("b");
  assert.deepEqual(await second.done, ["b"]);
});
