import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { AnyWidget } from "../../kernel/display/anywidget.ts";
import { DISPLAY } from "../../kernel/display/host.ts";
import { forgetKernel, kernel } from "./widgetKernel.ts";

afterEach(forgetKernel);

test("a custom message reaches every view with its buffers, once there is one", async () => {
  const { sent } = kernel();
  const widget = new AnyWidget({ esm: "export default {}", state: {} });
  widget.send({ too: "early" });
  assert.equal(sent.length, 0);
  await widget[DISPLAY]();
  const buffer = new Uint8Array([1, 2]);
  widget.send({ tile: 3 }, [buffer]);
  widget.send("bare");
  const messages = sent.slice(1);
  assert.deepEqual(
    messages.map(({ type, content }) => [type, content.data]),
    [
      ["comm_msg", { method: "custom", content: { tile: 3 } }],
      ["comm_msg", { method: "custom", content: "bare" }],
    ],
  );
  assert.deepEqual(
    messages.map(({ buffers }) => buffers),
    [[buffer], []],
  );
});
