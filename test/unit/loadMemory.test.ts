import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  encodeSafetensorsHeader,
  tensorBytes,
} from "../../engine/weights/encodeSafetensorsHeader.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";

const MIB = 2 ** 20;
const loader = fileURLToPath(new URL("../fixtures/loadPeak.ts", import.meta.url));
const llama = fileURLToPath(new URL("../fixtures/hf-random/llama3", import.meta.url));
const [D, FF, KV, VOCAB, LAYERS] = [1024, 4096, 256, 8192, 16] as const;

/** Tensors of a Llama with these sizes, by name. */
function tensors() {
  const layer = (i: number): [string, number[]][] => {
    const at = `model.layers.${i}.`;
    return [
      [`${at}input_layernorm.weight`, [D]],
      [`${at}post_attention_layernorm.weight`, [D]],
      [`${at}self_attn.q_proj.weight`, [D, D]],
      [`${at}self_attn.k_proj.weight`, [KV, D]],
      [`${at}self_attn.v_proj.weight`, [KV, D]],
      [`${at}self_attn.o_proj.weight`, [D, D]],
      [`${at}mlp.gate_proj.weight`, [FF, D]],
      [`${at}mlp.up_proj.weight`, [FF, D]],
      [`${at}mlp.down_proj.weight`, [D, FF]],
    ];
  };
  const shapes: [string, number[]][] = [
    ["model.embed_tokens.weight", [VOCAB, D]],
    ["model.norm.weight", [D]],
    ["lm_head.weight", [VOCAB, D]],
    ...Array.from({ length: LAYERS }, (_, i) => layer(i)).flat(),
  ];
  return shapes.map(([name, shape]) => ({ name, shape, dtype: "BF16" as const }));
}

/** A model whose weights are zeros that take no room on disk. */
async function writeModel(folder: string, layouts: ReturnType<typeof tensors>): Promise<void> {
  const config = JSON.parse(await readFile(join(llama, "config.json"), "utf8"));
  Object.assign(config, {
    hidden_size: D,
    intermediate_size: FF,
    head_dim: 64,
    num_attention_heads: D / 64,
    num_key_value_heads: KV / 64,
    num_hidden_layers: LAYERS,
    vocab_size: VOCAB,
  });
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
  const header = encodeSafetensorsHeader(layouts, {});
  const weightBytes = layouts.map(tensorBytes).reduce((a, b) => a + b);
  const file = join(folder, "model.safetensors");
  await writeFile(file, header);
  await truncate(file, header.length + weightBytes);
}

// A software adapter keeps a device's memory in the process; of a GPU's own memory nothing shows here.
for (const backend of ["cpu", "webgpu"] as const)
  test(`loading on ${backend} takes little more memory than the weights themselves`, async (t) => {
    const folder = await temporaryFolder(t);
    const layouts = tensors();
    await writeModel(folder, layouts);
    const sizes = layouts.map(tensorBytes);
    const weightBytes = sizes.reduce((a, b) => a + b);
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      [...process.execArgv, loader, llama, folder, backend],
      { encoding: "utf8" },
    );
    assert.equal(status, 0, stderr);
    const { beforeBytes, afterBytes } = JSON.parse(stdout);
    const extra = afterBytes - beforeBytes - weightBytes;
    const largest = Math.max(...sizes);
    t.diagnostic(
      `${backend}: ${Math.round(extra / MIB)} MiB above ${Math.round(weightBytes / MIB)} MiB of weights; largest tensor ${largest / MIB} MiB`,
    );
    assert.ok(weightBytes > 20 * largest, "a loader that held everything twice would show");
    assert.ok(extra < 6 * largest, `${Math.round(extra / MIB)} MiB`);
  });
