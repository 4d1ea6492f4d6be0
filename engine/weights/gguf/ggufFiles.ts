import { parseShardName, shardName } from "./shardName.ts";

/** The GGUF files of one model: one, or the parts of a split one. */
export interface GgufFiles {
  /** The file to open. */
  readonly first: string;
  readonly all: readonly string[];
}

/** What lies beside models without being one: projectors of images, and statistics. */
const BESIDE = /(^|\/)(mmproj|imatrix)|imatrix\.gguf$/i;

/**
 * Models among a repository's files, parts of one joined, by their paths in order.
 * @param quant as llama.cpp's `repository:Q4_K_M` has it: what stands in the name before a dot or a hyphen, in any case
 */
export function ggufModels(paths: readonly string[], quant?: string): GgufFiles[] {
  const models = new Map<string, string[]>();
  for (const path of [...paths].sort()) {
    if (!/\.gguf$/i.test(path) || BESIDE.test(path)) continue;
    const part = parseShardName(path);
    const key = part === null ? path : `${part.prefix} of ${part.count}`;
    if (quant !== undefined && !holds(path, quant)) continue;
    models.set(key, [...(models.get(key) ?? []), path]);
  }
  return [...models.values()].map((all) => ({ first: all[0] as string, all }));
}

/** The model that a file is of, or null where there is no such file. */
export function ggufModelOf(paths: readonly string[], file: string): GgufFiles | null {
  if (!paths.includes(file)) return null;
  return ggufModels(paths).find(({ all }) => all.includes(file)) ?? { first: file, all: [file] };
}

/** The only model among the files; null where there is none, or a choice. */
export function onlyGguf(paths: readonly string[], quant?: string): GgufFiles | null {
  const models = ggufModels(paths, quant);
  return models.length === 1 ? (models[0] ?? null) : null;
}

/** The parts that a split model's name promises and that are not there. */
export function missingParts({ first, all }: GgufFiles): string[] {
  const part = parseShardName(first);
  if (part === null) return [];
  const parts = Array.from({ length: part.count }, (_, i) => shardName({ ...part, number: i + 1 }));
  return parts.filter((name) => !all.includes(name));
}

function holds(path: string, quant: string): boolean {
  const quoted = quant.replace(/[\\^$.*+?()[\]{}|/-]/gu, "\\$&");
  return new RegExp(`(^|[^A-Za-z0-9])${quoted}[.-]`, "i").test(path);
}
