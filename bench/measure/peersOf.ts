import type { Command } from "../contenders/contender.ts";
import { llama, torch, transformersJs } from "../contenders/peers.ts";
import { writeOnnx } from "../synthetic/onnx/writeOnnx.ts";
import { CASES, type Case, type CaseName, made, type Peer } from "./cases.ts";

/** The peers of a case that can be measured here; why another cannot is printed. */
export async function peersOf(
  name: CaseName,
  backend: string,
  print: (line: string) => void,
): Promise<Command[]> {
  const commands: Command[] = [];
  for (const peer of CASES[name].peers) {
    const command = await commandOf(peer, name, backend);
    if (typeof command === "string") print(`${name}: ${command}`);
    else commands.push(command);
  }
  return commands;
}

/** @returns the command, or why there is none */
async function commandOf(peer: Peer, name: CaseName, backend: string): Promise<Command | string> {
  const { model }: Case = CASES[name];
  if (peer === "llama") return llama(`llama.cpp ${backend === "cpu" ? "CPU" : "Vulkan"}`, backend);
  if (peer === "torch") {
    if (backend !== "cpu") return "PyTorch is not measured: it has no WebGPU.";
    return torch("PyTorch") ?? "PyTorch is not measured: PEER_PYTHON names no Python.";
  }
  if (backend !== "cpu") return "transformers.js is measured on cpu alone.";
  if (typeof model === "string")
    throw new Error(`${name}: expected a shape for ONNX, got a folder`);
  const folder = await made(`${name}-onnx`, (part) => writeOnnx(part, model.shape));
  return transformersJs("transformers.js", folder);
}
