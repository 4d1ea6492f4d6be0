import { MIXED } from "../golden/openModel.ts";
import { prefixCacheSuite } from "./prefixCacheSuite.ts";

prefixCacheSuite("reference", ["deepseek_v32", MIXED], 1);
