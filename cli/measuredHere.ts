import { type AdapterNames, describeAdapter } from "../engine/backend/webgpu/adapter.ts";
import { requestNodeAdapter } from "../engine/backend/webgpu/webgpuAdapter.node.ts";
import type { DeviceRecord } from "../engine/trace/schema.ts";
import { measuredReport } from "./measureMachine.ts";

/**
 * This machine as `vitrine doctor --measure` found it: its WebGPU adapter where that is hardware, or else its processor.
 * @param what the command, for the message
 * @throws Error where neither was measured
 */
export async function measuredHere(what: string): Promise<DeviceRecord> {
  const adapter = await hardwareAdapter();
  const { cpu, webgpu } = await measuredReport(adapter);
  const measured = typeof webgpu === "string" ? cpu : webgpu;
  if (typeof measured === "string")
    throw new Error(
      `${what} --device here: expected a measurement of this machine, got none (${measured}). Run vitrine doctor --measure.`,
    );
  const { limits: _, ...device } = measured;
  return device;
}

async function hardwareAdapter(): Promise<AdapterNames | null> {
  const found = await requestNodeAdapter();
  if (found === null) return null;
  const adapter = describeAdapter(found.adapter);
  found.release();
  return adapter.software ? null : adapter;
}
