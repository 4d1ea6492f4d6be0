export { jupyterDataDir } from "./dataDir.ts";
export { installKernelspec, uninstallKernelspec } from "./kernelspec.ts";
export { installLabExtension, uninstallLabExtension } from "./labExtension.ts";
