import { createReferenceBackend } from "../../engine/backend/reference/referenceBackend.ts";
import { backendContract } from "./backendContract.ts";

backendContract({ name: "reference", open: async () => createReferenceBackend() });
