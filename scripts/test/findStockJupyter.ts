import { existsSync } from "node:fs";
import { join } from "node:path";
import { inRepository } from "../build/repository.ts";

/**
 * The folder with the commands of a stock Jupyter that has JupyterLab, Notebook 7 and ipywidgets' extension: JUPYTER_PEER, or where
 * the test dependencies were installed. Null if anything of that is missing.
 */
export function findStockJupyter(): string | null {
  const isWindows = process.platform === "win32";
  const folder =
    process.env.JUPYTER_PEER ?? inRepository(".vitrine/jupyter", isWindows ? "Scripts" : "bin");
  const commands = ["jupyter-lab", "jupyter-notebook"].map((name) =>
    join(folder, isWindows ? `${name}.exe` : name),
  );
  const extension = join(folder, "..", "share/jupyter/labextensions/@jupyter-widgets");
  return [...commands, extension].every((path) => existsSync(path)) ? folder : null;
}
