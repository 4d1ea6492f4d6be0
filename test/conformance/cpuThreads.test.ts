import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Kernel, KernelManager, KernelMessage } from "@jupyterlab/services";
import { kernelSpec } from "../../kernel/install/kernelspec.ts";
import { parseKernelSpec } from "../../kernel/server/kernels/kernelSpecs.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import { startTestServer, type TestServer } from "../fixtures/server/testServer.ts";

/** Threads of the cpu backend in the process of a kernel, whose cells may be ended in the middle of an operator. */

let host: TestServer;
let manager: KernelManager;
let kernel: Kernel.IKernelConnection;

before(async () => {
  const spec = parseKernelSpec(JSON.stringify(kernelSpec(inRepository("dist", "kernel.js"))), "");
  host = await startTestServer({ kernelspecs: { vitrine: spec } });
  manager = new KernelManager({ serverSettings: host.settings });
  kernel = await manager.startNew({ name: "vitrine" });
});
after(async () => {
  manager?.dispose();
  await host?.close();
});

/** Runs a cell. @returns what it printed, or the name of its error */
async function run(code: string, onPrinted?: () => void): Promise<string> {
  const future = kernel.requestExecute({ code });
  let told = "";
  future.onIOPub = (message) => {
    if (KernelMessage.isStreamMsg(message)) {
      told += message.content.text;
      onPrinted?.();
    } else if (KernelMessage.isErrorMsg(message)) told += message.content.ename;
  };
  await future.done;
  return told;
}

const DEFINE = `
import { createHash } from "node:crypto";
import { createCpuBackend } from "vitrine";
const backend = await createCpuBackend({ threads: 3 });
const [T, H, D] = [96, 16, 64];
const make = (shape: number[]) => backend.alloc(shape, "f32", "tensor");
const [q, k, v, out, lse] = [make([T, H, D]), make([T, H * D]), make([T, H * D]), make([T, H, D]), make([T, H])];
for (const tensor of [q, k, v])
  backend.write(tensor, 0, Float32Array.from({ length: T * H * D }, (_, i) => ((i * 37) % 101) / 50 - 1));
const attention = {
  kind: "attention", q, k, v, out, lse, nHeads: H, nKvHeads: H, dKey: D, dValue: D, scale: 0.125,
  window: null, sinks: null, selection: null, temperatures: null, mask: null, moments: null,
} as const;
const execute = () => backend.execute([attention], { nTokens: T, start: 0 });
const result = async () => {
  backend.write(out, 0, new Float32Array(T * H * D));
  execute();
  const bytes = Buffer.from((await backend.read(out)).buffer);
  return createHash("sha256").update(bytes).digest("hex");
};
console.log(await result());`;

test("a cell that V8 ends in the middle of operators leaves a backend that computes the same", async () => {
  const wanted = await run(DEFINE);
  assert.match(wanted, /^[0-9a-f]{64}\n$/);
  for (let round = 0; round < 5; round++) {
    const interrupt = (): void => void kernel.interrupt();
    const ended = await run(
      `console.log("begun"); Array.from({ length: 1e9 }, () => execute()); console.log("not ended");`,
      interrupt,
    );
    assert.equal(ended, "begun\nKeyboardInterrupt");
    assert.equal(await run("console.log(await result());"), wanted);
  }
});
