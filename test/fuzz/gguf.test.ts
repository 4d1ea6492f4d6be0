import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { normalizeConfig } from "../../engine/model/normalizeConfig.ts";
import { compilePlan } from "../../engine/plan/compilePlan.ts";
import { ggufTokenizer } from "../../engine/tokenizer/gguf/ggufTokenizer.ts";
import { Tokenizer } from "../../engine/tokenizer/tokenizer.ts";
import { GgufMetadata } from "../../engine/weights/gguf/ggufMetadata.ts";
import { GGUF_TYPES, isGgufBlockType } from "../../engine/weights/gguf/ggufTypes.ts";
import { openGguf } from "../../engine/weights/gguf/openGguf.node.ts";
import { openGgufFiles } from "../../engine/weights/gguf/openGgufFiles.node.ts";
import { parseGguf } from "../../engine/weights/gguf/parseGguf.ts";
import { shardName } from "../../engine/weights/gguf/shardName.ts";
import { unpackGguf } from "../../engine/weights/gguf/unpackGguf.ts";
import { ggufBytes } from "../fixtures/ggufBytes.ts";
import { fuzz } from "./fuzz.ts";
import type { Mutator } from "./mutate.ts";

const read = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../fixtures/gguf/${name}.gguf`, import.meta.url)));

for (const name of ["llama_q8_0", "qwen3moe"])
  fuzz(`headers of ${name} with damaged bytes are read or refused`, 10_000, () => {
    const file = read(name);
    const { headerBytes = 0 } = parseGguf(file, file.length, name) ?? {};
    return (mutator) => {
      const header = mutator.bytes(file.subarray(0, headerBytes));
      return parseGguf(header, header.length + file.length - headerBytes, name);
    };
  });

fuzz("damaged blocks of every type are decoded or refused", 4000, () => {
  const types = Object.keys(GGUF_TYPES).filter(isGgufBlockType);
  const blocks = new Map(
    types.map((type) => {
      const name = `../fixtures/gguf/blocks/${type.toLowerCase()}.bin`;
      return [type, new Uint8Array(readFileSync(new URL(name, import.meta.url)))] as const;
    }),
  );
  return (mutator) => {
    const type = mutator.pick(types);
    const damaged = mutator.bytes((blocks.get(type) ?? new Uint8Array()).subarray(0, 600));
    const { bytes } = GGUF_TYPES[type];
    unpackGguf("w", type, damaged.subarray(0, damaged.length - (damaged.length % bytes)));
  };
});

fuzz("a model in two files of which one is damaged is opened or refused", 600, () => {
  const folder = mkdtempSync(join(tmpdir(), "vitrine-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const part = (number: number, tensors: number): Uint8Array => {
    const split = { "split.no": number, "split.count": 2, "split.tensors.count": 3 };
    const names = Array.from({ length: tensors }, (_, i) => `${number}.${i}`);
    const tensor = { shape: [2, 4], type: 0, data: new Uint8Array(32) };
    return ggufBytes(
      { ...(number === 0 && { "general.architecture": "llama" }), ...split },
      names.map((name) => ({ ...tensor, name })),
    );
  };
  const parts = [part(0, 1), part(1, 2)];
  return async (mutator) => {
    const damaged = mutator.below(2);
    for (const [i, bytes] of parts.entries())
      writeFileSync(
        join(folder, shardName({ prefix: "m", number: i + 1, count: 2 })),
        i === damaged ? mutator.bytes(bytes) : bytes,
      );
    const first = shardName({ prefix: "m", number: 1 + mutator.below(2), count: 2 });
    const { files } = await openGgufFiles(join(folder, first));
    await Promise.all(files.map((file) => file.close()));
  };
});

for (const name of ["mixtral", "gpt2", "gpt_oss", "deepseek_v3", "llama_q4_1_q5_0_q5_1_iq4_nl"]) {
  const prepare = () => {
    const folder = mkdtempSync(join(tmpdir(), "vitrine-"));
    after(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, "model.gguf");
    const file = read(name);
    const { headerBytes = 0 } = parseGguf(file, file.length, name) ?? {};
    return async (mutator: Mutator) => {
      const header = mutator.bytes(file.subarray(0, headerBytes));
      writeFileSync(path, header);
      writeFileSync(path, file.subarray(headerBytes), { flag: "a" });
      const checkpoint = await openGguf(path);
      try {
        compilePlan(normalizeConfig(checkpoint.config));
        for (const tensor of checkpoint.tensors.keys()) await checkpoint.readTensor(tensor);
      } finally {
        await checkpoint.close();
      }
    };
  };
  const what = `${name} with a damaged header is opened, planned and read, or refused`;
  fuzz(what, 650, prepare, read(name).length);
}

for (const name of ["mixtral", "llama3"])
  fuzz(`damaged vocabularies of ${name} make a tokenizer or are refused`, 750, () => {
    const file = read(`tokenizers/${name}`);
    return (mutator) => {
      const bytes = mutator.bytes(file);
      const header = parseGguf(bytes, bytes.length, name);
      if (header === null) return;
      const files = ggufTokenizer(new GgufMetadata(header, name));
      if (files === null) return;
      const tokenizer = new Tokenizer(files);
      tokenizer.decode(tokenizer.encode("  The keys 12 月😀 don't\u0000"));
    };
  });
