export { type CellOutput, CellOutputs } from "./cellOutputs.ts";
export { KernelClient } from "./kernelClient.ts";
export type { SavedWidgets } from "./savedWidgets.ts";
