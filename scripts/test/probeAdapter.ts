/** Run by itself, because a driver can take its process down: exit code 0 where Dawn finds any adapter. */
import { create } from "webgpu";

const gpu = create([]);
const adapter =
  (await gpu.requestAdapter()) ?? (await gpu.requestAdapter({ forceFallbackAdapter: true }));
process.exit(adapter === null ? 1 : 0);
