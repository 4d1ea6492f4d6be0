import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Kernel, KernelManager, KernelMessage, KernelSpecAPI } from "@jupyterlab/services";
import { findStockJupyter } from "../../scripts/test/findStockJupyter.ts";
import { startTestServer, type TestServer } from "../fixtures/server/testServer.ts";
import { needsStockJupyter } from "../fixtures/stockJupyter.ts";
import { until } from "../fixtures/until.ts";

describe("an ipykernel of a stock Jupyter", needsStockJupyter, () => {
  let host: TestServer;
  let kernels: KernelManager;
  const { JUPYTER_PATH } = process.env;

  before(async () => {
    const bin = findStockJupyter();
    assert.ok(bin !== null, "a stock Jupyter is missing: run npm test once.");
    process.env.JUPYTER_PATH = join(dirname(bin), "share", "jupyter");
    host = await startTestServer({ installedKernelspecs: true });
    kernels = new KernelManager({ serverSettings: host.settings });
  });
  after(async () => {
    kernels?.dispose();
    await host?.close();
    if (JUPYTER_PATH === undefined) delete process.env.JUPYTER_PATH;
    else process.env.JUPYTER_PATH = JUPYTER_PATH;
  });

  async function run(
    kernel: Kernel.IKernelConnection,
    code: string,
    onPrinted?: () => void,
  ): Promise<string> {
    const cell = kernel.requestExecute({ code });
    let text = "";
    cell.onIOPub = (message) => {
      if (KernelMessage.isStreamMsg(message)) {
        text += message.content.text;
        onPrinted?.();
      }
      if (KernelMessage.isErrorMsg(message)) text += message.content.ename;
    };
    await cell.done;
    return text;
  }

  test("an installed ipykernel is offered beside ours, and runs, stops and restarts through the server", async () => {
    const { kernelspecs } = await KernelSpecAPI.getSpecs(host.settings);
    assert.ok(kernelspecs.vitrine !== undefined && kernelspecs.python3 !== undefined);
    assert.equal(kernelspecs.python3.language, "python");
    const kernel = await kernels.startNew({ name: "python3" });
    assert.equal(await run(kernel, "x = 6 * 7; print(x)"), "42\n");
    let isOn = false;
    const endless = run(kernel, "print('on', flush=True)\nwhile True: pass", () => {
      isOn = true;
    });
    await until("the cell to print", () => isOn);
    await kernel.interrupt();
    assert.equal(await endless, "on\nKeyboardInterrupt");
    assert.equal(await run(kernel, "print(x)"), "42\n", "the state is kept");
    await kernel.restart();
    assert.equal(await run(kernel, "print(x)"), "NameError");
    await kernel.shutdown();
  });
});
