import { createReferenceBackend } from "../../engine/backend/reference/referenceBackend.ts";
import { backendContract } from "./backendContract.ts";

backendContract({
  name: "reference",
  notMeasured: /expected a backend that works at a device's limits, got reference\. Measure cpu/,
  open: async () => createReferenceBackend(),
});
