import assert from "node:assert/strict";
import { test } from "node:test";
import { legacyProtocol } from "../../kernel/server/channels/legacyProtocol.ts";
import {
  executionState,
  rawMessage,
  serverMessage,
} from "../../kernel/server/channels/rawMessage.ts";
import { jsonProcess } from "../fixtures/server/jsonFromSources.ts";

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const header = { msg_id: "m", msg_type: "status", session: "s" };
const parts = { header: json(header), parent: json({}), metadata: json({}), buffers: [] };

test("a header longer than any is refused", () => {
  const long = json({ ...header, more: "x".repeat(64 * 1024) });
  const content = json({});
  for (const given of [{ header: long }, { parent: long }])
    assert.throws(
      () => rawMessage("shell", { ...parts, content, ...given }),
      /expected a header of at most 64 KiB/,
    );
});

test("a status tells a state, and one longer than any tells none", () => {
  const status = (content: object) => serverMessage("iopub", "status", { ...content }, "s");
  assert.equal(executionState(status({ execution_state: "busy" })), "busy");
  assert.equal(executionState(status({})), "");
  const long = { execution_state: "busy", more: "x".repeat(64 * 1024) };
  assert.equal(executionState(status(long)), "");
  assert.equal(executionState({ ...status({ execution_state: "busy" }), channel: "shell" }), "");
});

test("JSON goes out as the bytes that came, and what is no UTF-8 is mended", () => {
  const { encode } = legacyProtocol(jsonProcess());
  const text = (content: Uint8Array): unknown => {
    const { parts: sent, isBinary } = encode(rawMessage("iopub", { ...parts, content }));
    assert.equal(isBinary, false);
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(sent)))
      .content;
  };
  assert.deepEqual(text(Buffer.from('{ "a" : "é" }')), { a: "é" });
  assert.deepEqual(text(Buffer.from('{"a":"\xff"}', "latin1")), { a: "\ufffd" });
});
