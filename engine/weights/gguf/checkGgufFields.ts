import { GGUF_FIELDS } from "./ggufFields.ts";
import type { GgufMetadata } from "./ggufMetadata.ts";
import { REFUSED_FIELDS } from "./refusedFields.ts";

const KNOWN = new Set(GGUF_FIELDS.map(({ name }) => name));
const OTHER_FILE = "Use the safetensors checkpoint of this model, or another file of it.";

/**
 * Refuses by name what would change numbers and is not carried out: values of known keys, and keys of the architecture that
 * nobody here has heard of.
 * @throws ConfigError ERR_CONFIG
 */
export function checkGgufFields(metadata: GgufMetadata): void {
  const { architecture } = metadata;
  for (const { key, expected = "absent", holds = () => false, except } of REFUSED_FIELDS) {
    const value = metadata.get(key);
    if (value === undefined || except?.includes(architecture) || holds(value, metadata)) continue;
    metadata.fail(key, expected, OTHER_FILE);
  }
  for (const key of metadata.keys()) {
    if (!key.startsWith(`${architecture}.`)) continue;
    const own = key.slice(architecture.length);
    if (!KNOWN.has(`{arch}${own}`))
      metadata.fail(own, "absent, for it is not known here", OTHER_FILE);
  }
}
