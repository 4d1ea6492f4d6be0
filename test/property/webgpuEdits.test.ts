import { MIXED } from "../golden/openModel.ts";
import { editsSuite } from "./editsSuite.ts";

// The layers of the mixed model have latent attention in both forms.
editsSuite("webgpu", ["deepseek_v32", "gpt_oss", MIXED], 2);
