import { existsSync } from "node:fs";
import { join } from "node:path";
import { inRepository } from "../build/repository.ts";

/** The folder with the commands of a stock Jupyter that has ipywidgets' extension: JUPYTER_PEER, or where the test dependencies were installed. */
export function findStockJupyter(): string | null {
  const scripts = process.platform === "win32" ? "Scripts" : "bin";
  const folder = process.env.JUPYTER_PEER ?? inRepository(".vitrine/jupyter", scripts);
  const command = process.platform === "win32" ? "jupyter-lab.exe" : "jupyter-lab";
  const extension = join(folder, "..", "share/jupyter/labextensions/@jupyter-widgets");
  return existsSync(join(folder, command)) && existsSync(extension) ? folder : null;
}
