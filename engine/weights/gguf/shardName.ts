/** The name of one part of a model in several GGUF files: `{prefix}-00001-of-00003.gguf`. */
export interface ShardName {
  readonly prefix: string;
  /** From 1. */
  readonly number: number;
  readonly count: number;
}

/** Null where the name is not one of a part. */
export function parseShardName(name: string): ShardName | null {
  const [, prefix, number, count] = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/.exec(name) ?? [];
  if (prefix === undefined) return null;
  return { prefix, number: Number(number), count: Number(count) };
}

export function shardName({ prefix, number, count }: ShardName): string {
  const five = (value: number) => String(value).padStart(5, "0");
  return `${prefix}-${five(number)}-of-${five(count)}.gguf`;
}
