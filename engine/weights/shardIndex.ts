import { WeightsError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";

/**
 * Reads model.safetensors.index.json: which file holds each tensor.
 * @param index the file as parsed
 * @returns file names by tensor name
 * @throws WeightsError ERR_WEIGHTS_FORMAT where the map is missing or names something other than a file beside or below it
 */
export function parseShardIndex(index: unknown, file: string): ReadonlyMap<string, string> {
  const map = (index as JsonObject | null)?.weight_map;
  if (
    typeof map !== "object" ||
    map === null ||
    Array.isArray(map) ||
    Object.keys(map).length === 0
  )
    throw malformed(file, "weight_map to be an object of tensor names and file names", map);
  for (const [tensor, shard] of Object.entries(map))
    if (typeof shard !== "string" || !/^(?:[\w-][\w.-]*\/)*[\w-][\w.-]*\.safetensors$/.test(shard))
      throw malformed(
        file,
        `weight_map[${JSON.stringify(tensor)}] to name a .safetensors file beside or below the index`,
        shard,
      );
  return new Map(Object.entries(map as Record<string, string>));
}

function malformed(file: string, expected: string, got: unknown): WeightsError {
  const text = JSON.stringify(got) ?? "nothing";
  return new WeightsError(
    "ERR_WEIGHTS_FORMAT",
    `${file}: expected ${expected}, got ${text.length > 80 ? `${text.slice(0, 77)}...` : text}. Download it again.`,
  );
}
