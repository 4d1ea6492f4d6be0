import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installKernelspec, installLabExtension } from "../../kernel/install/index.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import { startStockServer } from "../fixtures/server/stockServer.ts";
import { HANG_MS } from "../fixtures/until.ts";
import { startLab } from "./labServer.ts";
import { saveSettings } from "./saveSettings.ts";

export interface Workspace {
  readonly url: string;
  close(): Promise<unknown>;
}

/** This package's workspace on a folder with one notebook. */
export async function startOwnLab(name: string, notebook: string): Promise<Workspace> {
  const lab = await startLab((root) => writeFileSync(join(root, name), notebook));
  const url = new URL(lab.url);
  url.pathname = `/lab/tree/${name}`;
  return { url: url.href, close: () => lab.stop() };
}

/** JupyterLab from pip, with this kernel and no other, and what `vitrine install` brings, on a folder with one notebook. */
export const startStockLab = (name: string, notebook: string): Promise<Workspace> =>
  startStock("jupyter-lab", `lab/tree/${name}`, name, notebook);

/** Notebook 7 from pip, likewise. */
export const startStockNotebook = (name: string, notebook: string): Promise<Workspace> =>
  startStock("jupyter-notebook", `notebooks/${name}`, name, notebook);

async function startStock(
  command: "jupyter-lab" | "jupyter-notebook",
  address: string,
  name: string,
  notebook: string,
): Promise<Workspace> {
  const folder = mkdtempSync(join(tmpdir(), "vitrine-stock-lab-"));
  const [root, prefix] = [join(folder, "root"), join(folder, "prefix")];
  mkdirSync(root);
  writeFileSync(join(root, name), notebook);
  await installKernelspec({ prefix }, inRepository("dist", "kernel.js"));
  await installLabExtension({ prefix }, inRepository("dist", "labextension"));
  const server = await startStockServer(folder, root, prefix, command);
  const url = `${server.baseUrl}${address}?token=${server.token}`;
  // A stock JupyterLab drops what a kernel on a busy machine says after a second, and does not ask again.
  const plugin = "@jupyterlab/completer-extension:manager";
  await saveSettings(url, plugin, { providerTimeout: HANG_MS });
  return {
    url,
    async close() {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
