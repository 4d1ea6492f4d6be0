import { prefixCacheSuite } from "./prefixCacheSuite.ts";

prefixCacheSuite("webgpu", ["deepseek_v3"], 1);
