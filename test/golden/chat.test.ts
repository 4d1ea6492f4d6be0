import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { add, type ChatPiece, type Model } from "../../engine/index.ts";
import { openModel, tinyFolder } from "./openModel.ts";

const opened: Promise<Model>[] = [];
const open = () => {
  opened[0] ??= openModel("cpu", tinyFolder).then(({ model }) => model);
  return opened[0];
};
after(async () => (await opened[0])?.dispose());

const QUESTION = [{ role: "user", content: "7+5-3+8=?" }];

describe("Model.chat", () => {
  it("tells reasoning from content while it streams, and gives the message afterwards", async () => {
    const model = await open();
    const chat = model.chat(QUESTION, { temperature: 0 });
    assert.throws(() => chat.message, { name: "InputError", code: "ERR_NOT_FINISHED" });
    const pieces: ChatPiece[] = [];
    for await (const piece of chat) pieces.push(piece);
    const { reasoning, content, toolCalls } = chat.message;
    assert.equal(chat.generation.text, `<think>${reasoning}</think>${content}`);
    assert.equal(content, "17");
    assert.deepEqual(toolCalls, []);
    assert.match(reasoning, /^7\+5=12\n/);
    const joined = (kind: string) =>
      pieces.map((piece) => (piece.kind === kind && "text" in piece ? piece.text : "")).join("");
    assert.equal(joined("reasoning"), reasoning);
    assert.equal(joined("content"), content);
    assert.ok(pieces.length > 5, "it streamed");
    assert.ok(pieces.every((piece) => "text" in piece && !/<\/?th/.test(piece.text)));
    assert.equal(chat.finishReason, "stop");
    assert.equal(chat.run.tokens.filter(({ id }) => id === model.tokenizer.bosId).length, 1);
    assert.equal(chat.prompt, model.chatPrompt(QUESTION));
    chat.run.dispose();
  });

  it("thinks under edits as a generation of the same prompt does", async () => {
    const model = await open();
    const direction = Array.from({ length: model.spec.dModel }, (_, i) => 20 * Math.sin(i));
    const edits = [add("blocks.2.hook_resid_post", direction, { position: "generated" })];
    const sampling = { temperature: 0, maxTokens: 12 };
    const chat = model.chat(QUESTION, { ...sampling, edits });
    for await (const _ of chat);
    const plain = model.chat(QUESTION, sampling);
    for await (const _ of plain);
    const generation = model.generate(
      chat.run.tokens.filter(({ phase }) => phase === "prompt").map(({ id }) => id),
      { ...sampling, edits },
    );
    for await (const _ of generation);
    assert.equal(chat.generation.text, generation.text);
    assert.deepEqual(chat.run.edits, generation.run.edits);
    assert.equal(chat.run.edits.length, 1);
    assert.notEqual(chat.generation.text, plain.generation.text);
    for (const { run } of [chat, plain, generation]) run.dispose();
  });

  it("takes its own message back as history", async () => {
    const model = await open();
    const first = model.chat(QUESTION, { temperature: 0 });
    for await (const _ of first);
    first.run.dispose();
    const messages = [...QUESTION, first.message, { role: "user", content: "1+1+1=?" }];
    const second = model.chat(messages, { temperature: 0, maxTokens: 2 });
    for await (const _ of second);
    assert.match(second.prompt, /<｜Assistant｜>17<｜end▁of▁sentence｜><｜User｜>1\+1\+1=\?/);
    second.run.dispose();
  });

  it("keeps what was said when the loop is left early", async () => {
    const model = await open();
    const chat = model.chat(QUESTION, { temperature: 0 });
    for await (const piece of chat) if (piece.kind === "reasoning") break;
    assert.equal(chat.finishReason, "aborted");
    assert.equal(chat.message.role, "assistant");
    assert.equal(chat.generation.text, `<think>${chat.message.reasoning}`);
    chat.run.dispose();
  });

  it("refuses what the model's template cannot express, and a conversation that waits for nobody", async () => {
    const model = await open();
    const code = "ERR_CHAT_OPTION";
    assert.throws(() => model.chat(QUESTION, { tools: [{ name: "f" }] }), { code });
    assert.throws(() => model.chat(QUESTION, { thinking: false }), { code });
    assert.throws(() => model.chat([...QUESTION, { role: "assistant", content: "17" }]), {
      code: "ERR_CHAT",
    });
  });
});
