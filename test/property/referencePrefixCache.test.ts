import { MIXED } from "../golden/openModel.ts";
import { prefixCacheSuite } from "./prefixCacheSuite.ts";

prefixCacheSuite("reference", [MIXED], 0);
