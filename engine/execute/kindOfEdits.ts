import type { CompiledEdits } from "../act/compileEdits.ts";

/** All that plans depend on: edits of one kind differ in their numbers and in the positions that they are for. */
export function kindOfEdits({ spec, observed, changes }: CompiledEdits): string {
  const { values, maps, routes, attentions, shift, constants, rows, masks } = changes;
  const counts = spec.layers.map(({ feedForward }) =>
    feedForward.kind === "moe" ? feedForward.nExpertsPerToken : 0,
  );
  const shapes = [
    ...[...constants].map(([name, { shape }]) => [name, ...shape]),
    ...[...rows].map(([name, { width }]) => [name, width]),
    ...[...masks].map(([name, { words, bits }]) => [name, words, bits.length]),
  ];
  const all = [[...observed], counts, values, maps, routes, attentions, shift, shapes];
  return JSON.stringify(all);
}
