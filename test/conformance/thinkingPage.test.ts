import assert from "node:assert/strict";
import { test } from "node:test";
import type {
  ChatGeneration,
  MajorityVote,
  Model,
  ThinkingCurveRecord,
  VerifiedChoice,
} from "../../engine/index.node.ts";
import { readPage, runPage } from "../fixtures/pageModule.ts";

interface Page {
  readonly model: Model;
  readonly reply: ChatGeneration;
  readonly short: ChatGeneration;
  readonly long: ChatGeneration;
  readonly cut: ChatGeneration;
  readonly vote: MajorityVote;
  readonly chosen: VerifiedChoice["chosen"];
  readonly curve: ThinkingCurveRecord;
}

test("every block of docs/thinking.md does what the page says", async (t) => {
  const { text, blocks } = readPage("thinking.md");
  assert.equal(blocks.length, 6);
  const page = (await runPage(t, blocks)) as Page;
  const { model, reply, short, long, cut, vote, chosen, curve } = page;
  try {
    const said = (name: string) => new RegExp(`^${name}; // (.*)$`, "m").exec(text)?.[1];
    const written = (value: object) =>
      `{ ${Object.entries(value)
        .map(([key, it]) => `${key}: ${JSON.stringify(it)}`)
        .join(", ")} }`;
    assert.equal(said("reply\\.message\\.reasoning"), JSON.stringify(reply.message.reasoning));
    assert.equal(said("reply\\.message\\.content"), JSON.stringify(reply.message.content));
    assert.equal(said("reply\\.thinking"), written(reply.thinking));
    assert.equal(said("reply\\.answer"), JSON.stringify(reply.answer));
    assert.equal(said("short\\.thinking"), written(short.thinking));
    assert.equal(said("cut\\.thinking"), written(cut.thinking));
    assert.equal(cut.answer, "none");
    assert.ok(long.thinking.extended > 0);
    assert.equal(vote.samples.length, 8);
    assert.equal(chosen?.message.content, "17");
    assert.equal(curve.curves[0]?.points.at(-1)?.right, 2);
  } finally {
    model.dispose();
  }
});
