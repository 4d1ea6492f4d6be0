import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { openCheckpoint } from "../../engine/weights/openCheckpoint.node.ts";
import { parseSafetensorsHeader } from "../../engine/weights/safetensors.ts";
import { parseShardIndex } from "../../engine/weights/shardIndex.ts";
import { fuzz } from "./fuzz.ts";
import type { Mutator } from "./mutate.ts";

const qwen = new URL("../fixtures/hf-random/qwen2/", import.meta.url);
const file = new Uint8Array(readFileSync(new URL("model.safetensors", qwen)));
const { dataStart } = parseSafetensorsHeader(file, file.length);
const dataBytes = file.length - dataStart;

fuzz("safetensors headers with damaged bytes are read or refused", 25_000, () => (mutator) => {
  const header = mutator.bytes(file.subarray(0, dataStart));
  return parseSafetensorsHeader(header, header.length + dataBytes);
});

fuzz("safetensors headers with damaged JSON are read or refused", 12_000, () => {
  const json: unknown = JSON.parse(new TextDecoder().decode(file.subarray(8, dataStart)));
  return (mutator) => {
    const text = new TextEncoder().encode(JSON.stringify(mutator.json(json)) ?? "");
    const header = new Uint8Array(8 + text.length);
    new DataView(header.buffer).setBigUint64(0, BigInt(text.length), true);
    header.set(text, 8);
    return parseSafetensorsHeader(header, header.length + dataBytes);
  };
});

fuzz("damaged shard indexes are read or refused", 14_000, () => {
  const names = Array.from({ length: 12 }, (_, i) => [`layer.${i}`, `model-${i % 3}.safetensors`]);
  const index = { metadata: { total_size: 1 }, weight_map: Object.fromEntries(names) };
  return (mutator) => parseShardIndex(mutator.json(index), "model.safetensors.index.json");
});

const folders = () => {
  const folder = mkdtempSync(join(tmpdir(), "vitrine-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const config = new Uint8Array(readFileSync(new URL("config.json", qwen)));
  return async (mutator: Mutator) => {
    const [theConfig, weights] = mutator.below(2)
      ? [mutator.bytes(config), file]
      : [config, mutator.bytes(file)];
    writeFileSync(join(folder, "config.json"), theConfig);
    writeFileSync(join(folder, "model.safetensors"), weights);
    const checkpoint = await openCheckpoint(folder);
    for (const name of checkpoint.tensors.keys()) await checkpoint.readTensor(name);
    await checkpoint.close();
  };
};

fuzz("folders with damaged files are opened or refused", 300, folders, file.length);
