import { fileURLToPath } from "node:url";
import { ConfigReader } from "../../engine/model/configReader.ts";
import { readQuantization } from "../../engine/model/quantized/quantization.ts";
import { readWhole } from "../../engine/model/quantized/storedForm.ts";
import { storedTensor } from "../../engine/model/storedTensor.ts";
import type { Checkpoint, TensorEntry } from "../../engine/weights/checkpoint.ts";
import { openCheckpoint } from "../../engine/weights/openCheckpoint.node.ts";
import { fuzz } from "./fuzz.ts";
import type { Mutator } from "./mutate.ts";

/** Parts of layer 0's attention: names enough for every damage, few enough for many runs. */
const PART = /^model\.layers\.0\.self_attn\.[qo]_proj\./;
const WEIGHTS = ["q", "o"].map((which) => `model.layers.0.self_attn.${which}_proj.weight`);

const METHODS = ["gptq_3bit", "gptq_act_order", "awq_4bit", "compressed_int4", "compressed_int8"];

for (const fixture of [...METHODS, "compressed_fp8", "fp8_tensor", "fp8_e8m0"])
  fuzz(`damaged tensors and configs of ${fixture} are read or refused`, 600, () => damage(fixture));

/** Damages what a whole file may still say: another tensor under a name, none, other bytes, another config. */
async function damage(fixture: string) {
  const folder = fileURLToPath(new URL(`../fixtures/formats/${fixture}/`, import.meta.url));
  const real = await openCheckpoint(folder);
  const names = [...real.tensors.keys()].filter((name) => PART.test(name));
  const contents = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const name of names) contents.set(name, await real.readTensor(name));
  await real.close();
  return async (mutator: Mutator) => {
    const places = new Map(names.map((name) => [name, name]));
    const kind = mutator.below(4);
    if (kind === 0) places.set(mutator.pick(names), mutator.pick(names));
    if (kind === 1) places.delete(mutator.pick(names));
    const torn = kind === 2 ? mutator.pick(names) : null;
    const tensors = new Map<string, TensorEntry>();
    for (const [name, source] of places) tensors.set(name, real.tensors.get(source) as TensorEntry);
    const readTensor: Checkpoint["readTensor"] = async (name) => {
      const bytes = (contents.get(places.get(name) ?? "") as Uint8Array<ArrayBuffer>).slice();
      if (name === torn)
        for (let i = 0; i < 4; i++) bytes[mutator.below(bytes.length)] = mutator.below(256);
      return bytes;
    };
    const config = kind === 3 ? mutator.json(real.config) : real.config;
    const readInto: Checkpoint["readInto"] = async (name, start, target) =>
      target.set((await readTensor(name)).subarray(start, start + target.length));
    const checkpoint = { ...real, tensors, readTensor, readInto } as Checkpoint;
    const quantization = readQuantization(new ConfigReader(config));
    for (const weight of WEIGHTS) {
      const tensor = storedTensor(checkpoint, weight, quantization);
      if (tensor !== null) await readWhole(tensor);
    }
  };
}
