import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { AnyWidget } from "../../kernel/display/anywidget.ts";
import { DISPLAY } from "../../kernel/display/host.ts";
import { serveWidgetControl } from "../../kernel/display/widgetControl.ts";
import { forgetKernel, header, kernel } from "./widgetKernel.ts";

const VIEW = "application/vnd.jupyter.widget-view+json";

afterEach(forgetKernel);

const options = { esm: "export default {}", state: { n: 1, data: { bytes: new Uint8Array([1]) } } };

test("outside a kernel a widget shows its fallback alone", async () => {
  const widget = new AnyWidget({ ...options, fallback: () => ({ "image/svg+xml": "<svg/>" }) });
  assert.deepEqual(await widget[DISPLAY](), { "image/svg+xml": "<svg/>" });
  widget.set({ n: 2 });
  assert.equal(widget.get("n"), 2);
});

test("the comm opens at the first display and serves the next ones too", async () => {
  const { sent } = kernel();
  const widget = new AnyWidget(options);
  widget.set({ n: 3 });
  assert.equal(sent.length, 0);
  const first = await widget[DISPLAY]();
  const second = await widget[DISPLAY]();
  assert.deepEqual(first[VIEW], { version_major: 2, version_minor: 1, model_id: widget.modelId });
  assert.deepEqual(second[VIEW], first[VIEW]);
  assert.deepEqual(
    sent.map(({ type }) => type),
    ["comm_open"],
  );
  const data = sent[0]?.content.data as { state: Record<string, unknown>; buffer_paths: unknown };
  assert.equal(data.state.n, 3);
  assert.deepEqual(data.buffer_paths, [["data", "bytes"]]);
  assert.deepEqual(sent[0]?.buffers, [new Uint8Array([1])]);
});

test("both sides change the state and hear of the other's changes", async () => {
  const { sent, receive } = kernel();
  const widget = new AnyWidget(options);
  await widget[DISPLAY]();
  const id = String(widget.modelId);
  const heard: number[] = [];
  const stop = widget.onChange("n", (value, previous) => void heard.push(previous, value));
  await receive(id, { method: "update", state: { n: 2 }, buffer_paths: [] });
  assert.equal(widget.get("n"), 2);
  widget.set({ n: 4 });
  widget.set({ n: 4 });
  stop();
  widget.set({ n: 5 });
  assert.deepEqual(heard, [1, 2, 2, 4]);
  assert.deepEqual(
    sent.slice(1).map(({ content }) => (content.data as { method: string }).method),
    ["echo_update", "update", "update"],
  );
  assert.equal(sent[1]?.parent.msg_id, "request");
});

test("a failing listener keeps neither the state nor the other listeners from changing", async () => {
  const { errors, receive } = kernel();
  const widget = new AnyWidget(options);
  await widget[DISPLAY]();
  let calls = 0;
  widget.onChange("n", () => {
    throw new Error("listener");
  });
  widget.onChange("n", () => void calls++);
  await receive(String(widget.modelId), { method: "update", state: { n: 9 } });
  assert.equal(calls, 1);
  assert.equal(widget.get("n"), 9);
  assert.match(String(errors[0]), /listener/);
});

test("a widget closes when every cell that shows it has been run again, and opens anew", async () => {
  const { sent, comms, inCell } = kernel();
  const widget = new AnyWidget(options);
  await inCell("a", () => widget[DISPLAY]());
  await inCell("b", () => widget[DISPLAY]());
  const id = widget.modelId;
  comms.release("a");
  assert.equal(widget.modelId, id);
  comms.release("b");
  assert.equal(widget.modelId, null);
  assert.equal(sent.at(-1)?.type, "comm_close");
  await inCell("a", () => widget[DISPLAY]());
  assert.notEqual(widget.modelId, id);
  widget.dispose();
  assert.equal(VIEW in (await widget[DISPLAY]()), false);
});

test("a reloaded page is told of every live widget, with where its buffers belong", async () => {
  const { sent, host, comms, receive } = kernel();
  serveWidgetControl(host);
  const widgets = [new AnyWidget(options), new AnyWidget(options)];
  for (const widget of widgets) await widget[DISPLAY]();
  const control = { comm_id: "control", target_name: "jupyter.widget.control", data: {} };
  await comms.handle(header("open", "comm_open"), control, {}, []);
  await receive("control", { method: "request_states" });
  const reply = sent.at(-1);
  const data = reply?.content.data as { states: Record<string, object>; buffer_paths: unknown[] };
  const ids = widgets.map(({ modelId }) => String(modelId));
  assert.deepEqual(Object.keys(data.states), ids);
  assert.deepEqual(
    data.buffer_paths,
    ids.map((id) => [id, "state", "data", "bytes"]),
  );
  assert.equal(reply?.buffers?.length, 2);
  for (const widget of widgets) widget.dispose();
});
