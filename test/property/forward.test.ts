import { FIXTURES } from "../golden/openModel.ts";
import { forwardSuite } from "./forwardSuite.ts";

/** Every architecture on cpu; in float64 one of each kind of attention. */
for (const fixture of FIXTURES) forwardSuite("cpu", fixture, 10);
for (const fixture of ["deepseek_v2", "deepseek_v32", "gpt2", "gpt_oss", "mixtral"])
  forwardSuite("reference", fixture, 4);
