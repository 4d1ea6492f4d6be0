import { MIXED } from "../golden/openModel.ts";
import { prefixCacheSuite } from "./prefixCacheSuite.ts";

prefixCacheSuite("cpu", ["deepseek_v3", "deepseek_v32", "gpt_oss", MIXED], 1);
