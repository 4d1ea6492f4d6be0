import { CStderr } from "./cStderr.node.ts";

/** Vulkan drivers that claim more than Dawn supports, as lavapipe and RADV, bring two of these for each request. */
const NOTE =
  /^Warning: \w+ artificially reduced from \d+ to \d+ to fit dynamic offset allocation limit\.\n/gm;

/**
 * Asks for an adapter and keeps back what Dawn prints of limits that it lowers, which no toggle of it does and which tells a
 * person nothing. All else that native code prints meanwhile is printed at once afterwards. VITRINE_GPU_LOG=1 shows everything.
 */
export async function requestAdapterQuietly(
  gpu: GPU,
  options: GPURequestAdapterOptions,
): Promise<GPUAdapter | null> {
  cStderr ??= openCStderr();
  const stderr = await cStderr;
  if (stderr === null) return gpu.requestAdapter(options);
  const { variable, original, kept } = stderr;
  // No JavaScript runs between the two assignments, so that no interrupt can end this before the second.
  variable[0] = kept;
  try {
    return gpu.requestAdapter(options);
  } finally {
    variable[0] = original;
    printOthers(stderr);
  }
}

function printOthers(stderr: CStderr): void {
  const others = stderr.take().toString("latin1").replaceAll(NOTE, "");
  if (others !== "") stderr.print(Buffer.from(others, "latin1"));
}

/** One for each thread. */
let cStderr: Promise<CStderr | null> | undefined;

/** Null where notes are asked for, or where none come: Direct3D 12 and Metal claim no more than Dawn supports. */
async function openCStderr(): Promise<CStderr | null> {
  if (process.env.VITRINE_GPU_LOG === "1" || process.platform !== "linux") return null;
  try {
    return new CStderr(await import("koffi"));
  } catch {
    return null; // Not glibc, or installed without optional packages: the notes are harmless.
  }
}
