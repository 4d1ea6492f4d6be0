import { createCpuBackend } from "../../engine/backend/cpu/cpuBackend.ts";
import { offloadExperts } from "../../engine/backend/offload/offloadExperts.ts";
import { createReferenceBackend } from "../../engine/backend/reference/referenceBackend.ts";
import { backendContract } from "./backendContract.ts";

const on = "with room for some experts";
const notMeasured =
  /expected a backend that works at .*, got \w+ with experts in host memory\. Measure/;

backendContract({
  ...{ name: "reference", on, notMeasured },
  open: async () => offloadExperts(createReferenceBackend(), 1000),
});

backendContract({
  ...{ name: "cpu", on, notMeasured },
  open: async () => offloadExperts(await createCpuBackend({ threads: 1 }), 1000),
});
