export { type InstallPlace, jupyterDataDir } from "./data-dir.ts";
export {
  installKernelspec,
  KERNEL_NAME,
  type KernelSpec,
  kernelSpec,
  uninstallKernelspec,
  writeKernelspec,
} from "./kernelspec.ts";
