import { createCpuBackend } from "../../engine/backend/cpu/cpuBackend.ts";
import { offloadExperts } from "../../engine/backend/offload/offloadExperts.ts";
import { createReferenceBackend } from "../../engine/backend/reference/referenceBackend.ts";
import { backendContract } from "./backendContract.ts";

const on = "with room for some experts";

backendContract({
  ...{ name: "reference", on },
  open: async () => offloadExperts(createReferenceBackend(), 1000),
});

backendContract({
  ...{ name: "cpu", on },
  open: async () => offloadExperts(await createCpuBackend({ threads: 1 }), 1000),
});
