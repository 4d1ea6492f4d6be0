import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { compilePlan } from "../../engine/model/compilePlan.ts";
import { normalizeConfig } from "../../engine/model/normalizeConfig.ts";
import { Tokenizer } from "../../engine/tokenizer/tokenizer.ts";
import { GgufMetadata } from "../../engine/weights/gguf/ggufMetadata.ts";
import { ggufTokenizer } from "../../engine/weights/gguf/ggufTokenizer.ts";
import { openGguf } from "../../engine/weights/gguf/openGguf.node.ts";
import { parseGguf } from "../../engine/weights/gguf/parseGguf.ts";
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

for (const name of ["mixtral", "gpt2", "gpt_oss", "deepseek_v3"]) {
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
