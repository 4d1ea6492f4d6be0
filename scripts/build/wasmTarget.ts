import type { Target } from "./target.ts";

const output = "engine/backend/cpu/kernels.generated.ts";

/** The WebAssembly kernels of the cpu backend, compiled by AssemblyScript into one generated module. */
export const wasmTarget: Target = {
  name: "wasm",
  inputs: ["scripts/build/wasmTarget.ts", "engine/backend/cpu/wasm", "scripts/buildWasm.ts"],
  outputs: () => [output],
  async build() {
    const { buildWasm } = await import("../buildWasm.ts"); // the compiler takes a second to load
    await buildWasm();
    return output;
  },
};
