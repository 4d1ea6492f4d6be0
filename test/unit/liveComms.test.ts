import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { FromWorker } from "../../site/messages.ts";
import { WorkerModel } from "../../site/page/workerModel.ts";
import { CommHost } from "../../site/worker/commHost.ts";

/** The comm's two ends in one process, with what goes over it. */
function bothEnds(state: Record<string, unknown>, buffers: readonly ArrayBuffer[] = []) {
  const said: FromWorker[] = [];
  let model: WorkerModel | null = null;
  const host = new CommHost((message) => {
    said.push(message);
    if (message.kind === "comm") model?.receive(message.data, message.buffers);
  });
  const comm = host.openComm("jupyter.widget", { state, buffer_paths: [["bytes"]] }, { buffers });
  const open = said[0] as Extract<FromWorker, { kind: "open" }>;
  model = new WorkerModel(open.data, open.buffers, (data, sent) => {
    void host.receive(comm.id, data, sent);
  });
  return { host, comm, model, said };
}

describe("a comm between a worker's widget and the page", () => {
  test("brings the state with its buffers, which stay the widget's own", () => {
    const own = Uint8Array.of(1, 2, 3);
    const { model, said } = bothEnds({ runId: "r" }, [own.buffer]);
    own[0] = 9;
    assert.equal(model.get("runId"), "r");
    const bytes = model.get("bytes") as DataView;
    assert.deepEqual([bytes.getUint8(0), bytes.byteLength], [1, 3]);
    assert.equal(said.length, 1);
  });

  test("brings changes and messages to the view, and sends back only what the view changed", () => {
    const { comm, model } = bothEnds({ value: 1, other: 1 });
    const heard: unknown[] = [];
    comm.onMessage(({ data }) => void heard.push(data));
    const told: unknown[] = [];
    model.on("change:value", () => told.push(model.get("value")));
    model.on("msg:custom", (content: unknown, views: readonly DataView[]) =>
      told.push(content, views[0]?.getUint8(0)),
    );
    comm.send({ method: "update", state: { value: 2 }, buffer_paths: [] });
    comm.send({ method: "custom", content: "hm" }, { buffers: [Uint8Array.of(7)] });
    assert.deepEqual(told, [2, "hm", 7]);
    model.set("other", 5);
    model.save_changes();
    model.send({ kind: "tile" });
    assert.deepEqual(heard, [
      { method: "update", state: { other: 5 }, buffer_paths: [] },
      { method: "custom", content: { kind: "tile" } },
    ]);
  });

  test("ends once, and nothing goes over it then", () => {
    const { host, comm, model, said } = bothEnds({});
    let closed = 0;
    const heard: unknown[] = [];
    comm.onClose(() => {
      closed += 1;
    });
    comm.onMessage(({ data }) => void heard.push(data));
    host.close(comm.id);
    comm.close();
    comm.send({ method: "custom", content: 1 });
    model.send(2);
    assert.deepEqual([closed, heard.length, said.length], [1, 0, 1]);
    assert.throws(() => host.display(), /expected a kernel with cells/);
  });
});
