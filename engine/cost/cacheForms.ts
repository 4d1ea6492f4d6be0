import type { AttentionSpec, ModelSpec } from "../model/spec.ts";
import type { CacheForm } from "../trace/schema.ts";
import { headElements, kvElements } from "./kvCache.ts";

/** Groups of heads, where a model has none: as in the comparison of arXiv:2405.04434, appendix D, and fewer of few heads. */
const MOST_GROUPS = 8;
const LEAST_HEADS_OF_GROUP = 4;

type Form = CacheForm["form"];

/** What a layer keeps under a form that is not its own. A latent is as wide as four heads, with a rotary key of half of one: table 1 there. */
const OTHERWISE: Readonly<Record<Form, (a: AttentionSpec) => number>> = {
  mha: (a) => a.nHeads * headElements(a),
  gqa: (a) => groups(a) * headElements(a),
  mqa: headElements,
  mla: (a) => 4.5 * (a.kind === "mla" ? a.dNope : a.dHead),
};

/** A token's row of the cache under each form of attention, with the model's layers, heads and their sizes: its own form first, then the largest. */
export function cacheForms({ layers }: ModelSpec, bytesPerElement: number): CacheForm[] {
  const all = layers.map(({ attention }) => attention);
  const forms = (Object.keys(OTHERWISE) as Form[]).map((form): CacheForm => {
    const rows = all.map((a) => (formOf(a) === form ? kvElements(a) : OTHERWISE[form](a)));
    return {
      form,
      keyHeads: form === "mla" ? null : Math.max(...all.map((a) => keyHeads(a, form))),
      bytesPerToken: rows.reduce((sum, row) => sum + row, 0) * bytesPerElement,
      isOwn: all.every((a) => formOf(a) === form),
    };
  });
  return forms.sort(
    (a, b) => Number(b.isOwn) - Number(a.isOwn) || b.bytesPerToken - a.bytesPerToken,
  );
}

function formOf(a: AttentionSpec): Form {
  if (a.kind === "mla") return "mla";
  if (a.nKvHeads === a.nHeads) return "mha";
  return a.nKvHeads === 1 ? "mqa" : "gqa";
}

function keyHeads(a: AttentionSpec, form: Form): number {
  if (a.kind === "gqa" && formOf(a) === form) return a.nKvHeads;
  return form === "mha" ? a.nHeads : form === "gqa" ? groups(a) : 1;
}

function groups({ nHeads }: AttentionSpec): number {
  return Math.max(1, Math.min(MOST_GROUPS, Math.floor(nHeads / LEAST_HEADS_OF_GROUP)));
}
