import { plugin } from "./plugin.ts";

/** What JupyterLab's loader asks of an extension that was built apart; it shares no module with the others. */
interface Container {
  init(shared: unknown): void;
  get(module: string): Promise<() => object>;
}

const page = globalThis as { _JUPYTERLAB?: Record<string, Container> };
page._JUPYTERLAB ??= {};
page._JUPYTERLAB["vitrine-pictures"] = {
  init: () => {},
  get: async () => () => ({ __esModule: true, default: plugin }),
};
