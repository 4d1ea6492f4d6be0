export { jupyterDataDir } from "./data-dir.ts";
export { installKernelspec, uninstallKernelspec } from "./kernelspec.ts";
