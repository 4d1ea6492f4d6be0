import { readdirSync, readFileSync } from "node:fs";
import { inRepository } from "../build/repository.ts";
import { hasGolden } from "./golden.ts";

export interface GoldenFixture {
  /** "hf-random/deepseek_v3" */
  readonly name: string;
  /** Of golden.safetensors, or that file. */
  readonly folder: string;
  /** Or GGUF file. */
  readonly modelFolder: string;
  readonly architecture: string;
  /** What the matrices are stored as, e.g. "BF16". */
  readonly format: string;
}

const FIXTURES = inRepository("test/fixtures");

/** Every model of test/fixtures that has a golden.safetensors, and the bundled ones. */
export function goldenFixtures(): GoldenFixture[] {
  const folders = readdirSync(FIXTURES, { withFileTypes: true }).filter((f) => f.isDirectory());
  const names = folders.flatMap(({ name: group }) =>
    readdirSync(`${FIXTURES}/${group}`).map((name) => `${group}/${name}`),
  );
  return names
    .filter((name) => hasGolden(`${FIXTURES}/${name}`))
    .sort()
    .map(describeFixture);
}

function describeFixture(name: string): GoldenFixture {
  const folder = `${FIXTURES}/${name}`;
  const modelFolder = name.startsWith("tiny/") ? inRepository("models", name.slice(5)) : folder;
  const config = JSON.parse(readFileSync(`${modelFolder}/config.json`, "utf8")) as {
    readonly model_type: string;
    readonly quantization_config?: Quantized;
  };
  const quantized = config.quantization_config;
  const format = quantized ? describeQuantized(quantized) : storedDType(modelFolder);
  return { name, folder, modelFolder, architecture: config.model_type, format };
}

interface Quantized {
  readonly quant_method: string;
  readonly scale_fmt?: string;
  readonly weight_block_size?: unknown;
  readonly bits?: number;
  readonly desc_act?: boolean;
  readonly config_groups?: Readonly<Record<string, { readonly weights: Scheme }>>;
}

interface Scheme {
  readonly type: string;
  readonly num_bits: number;
}

function describeQuantized(config: Quantized): string {
  const { quant_method: method, bits, scale_fmt: scales } = config;
  if (bits !== undefined)
    return `${method.toUpperCase()} ${bits} bits${config.desc_act ? ", any order" : ""}`;
  const groups = Object.values(config.config_groups ?? {}).map(({ weights }) =>
    weights.type === "float" ? `FP${weights.num_bits}` : `int${weights.num_bits}`,
  );
  if (groups.length > 0) return `${method} ${[...new Set(groups)].join(", ")}`;
  const perTensor = config.weight_block_size === null ? " per tensor" : "";
  return method.toUpperCase() + (scales ? ` ${scales}` : perTensor);
}

/** Of most bytes of the first file. */
function storedDType(folder: string): string {
  const [file] = readdirSync(folder).filter((f) => /^model.*\.safetensors$/.test(f));
  const bytes = readFileSync(`${folder}/${file}`);
  const header = bytes.toString("utf8", 8, 8 + Number(bytes.readBigUInt64LE(0)));
  const sizes = new Map<string, number>();
  for (const entry of Object.values<Partial<Entry>>(JSON.parse(header))) {
    const { dtype, data_offsets: [from, to] = [0, 0] } = entry;
    if (dtype !== undefined) sizes.set(dtype, (sizes.get(dtype) ?? 0) + to - from);
  }
  return [...sizes].sort(([, a], [, b]) => b - a)[0]?.[0] ?? "no tensors";
}

interface Entry {
  readonly dtype: string;
  readonly data_offsets: readonly [number, number];
}
