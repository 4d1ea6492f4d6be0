import { MIXED } from "../golden/openModel.ts";
import { batchSuite } from "./batchSuite.ts";

// The layers of the mixed model have both forms of latent attention.
batchSuite("webgpu", ["gpt_oss", MIXED], 2, 4);
