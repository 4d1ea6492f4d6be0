import { DEEPSEEK_CONFIGS } from "./configs/deepseek.ts";
import { LLAMA_CONFIGS } from "./configs/llama.ts";
import { OTHER_CONFIGS } from "./configs/others.ts";
import { QWEN_CONFIGS } from "./configs/qwen.ts";
import type { ShippedConfig } from "./configs/shippedConfig.ts";

/** Configs of published checkpoints that come with this package, by the names that `whatIf` takes. */
export const SHIPPED_CONFIGS: Readonly<Record<string, ShippedConfig>> = {
  ...DEEPSEEK_CONFIGS,
  ...QWEN_CONFIGS,
  ...LLAMA_CONFIGS,
  ...OTHER_CONFIGS,
};

/** The config of this name, or of this repository; null where none is shipped. */
export function shippedConfig(name: string): (ShippedConfig & { readonly name: string }) | null {
  const wanted = name.trim().toLowerCase();
  const found = Object.entries(SHIPPED_CONFIGS).find(
    ([own, { repository }]) => own === wanted || repository.toLowerCase() === wanted,
  );
  return found === undefined ? null : { name: found[0], ...found[1] };
}
