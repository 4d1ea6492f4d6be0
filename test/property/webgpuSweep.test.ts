import { MIXED } from "../golden/openModel.ts";
import { sweepSuite } from "./sweepSuite.ts";

// The layers of the mixed model have latent attention in both forms and sparse.
sweepSuite("webgpu", ["qwen3_moe", MIXED], 1);
