import { InputError } from "../base/errors.ts";
import { blockName } from "../plan/blockName.ts";
import type { Plan, Ref } from "../plan/plan.ts";
import { isDraftValue } from "../plan/planMtp.ts";
import type { Site } from "../plan/sites/site.ts";
import { siteValue } from "../plan/sites/siteValue.ts";
import { headsFirst } from "../stepper/attentionMaps.ts";
import { columns } from "../stepper/readValue.ts";
import { addTurnedBack } from "./operators/rotate.ts";
import type { Tape } from "./tape.ts";
import type { Floats } from "./vjp.ts";

/** A site that a gradient is asked for, in terms of a plan. */
export interface AskedSite {
  readonly site: Site;
  /** The value that the gradient is taken of, or the site itself where an operator gives it without one. */
  readonly name: string;
  /** Values whose numbers `read` takes beside the gradient. */
  readonly reads: readonly string[];
  /** The site's rows, as many as the tape has, of the gradient of `name`. */
  readonly read: (gradient: Float64Array, tape: Tape) => Float64Array;
  /** Whether `read` makes new rows; else it gives those of the gradient. */
  readonly copies: boolean;
}

const whole = (gradient: Float64Array): Float64Array => gradient;

/** @throws InputError ERR_GRADIENT for whole numbers and the draft module */
export function askedSite(plan: Plan, site: Site): AskedSite {
  const { name, source, dtype } = site;
  if (dtype === "i32")
    throw refused(name, "sites of floats", "Whole numbers have no gradient; leave it out of at.");
  if (isDraftValue(name))
    throw refused(
      name,
      "sites on the way to the logits",
      "The draft module is none; leave it out of at.",
    );
  const asked = { site, reads: [], read: whole, copies: false };
  switch (source.kind) {
    case "logits":
    case "rotatedQuery":
    case "normScale":
      return { ...asked, name };
    case "stored":
      return storedSite(plan, site);
    case "latentKey":
      return { ...asked, name: `${attentionOf(plan, source.layer)}.k_expanded` };
    case "latentValue":
      return { ...asked, name: `${attentionOf(plan, source.layer)}.v_expanded` };
    case "unrotatedLatentKey":
      return unrotatedKey(plan, site, source.layer);
    case "headResult":
      return headResult(plan, site, source.layer);
    case "pattern":
    case "scores":
      return plan.values.has(name)
        ? { ...asked, name, read: editedMap(site), copies: true }
        : { ...asked, name };
  }
}

function attentionOf({ spec }: Plan, layer: number): string {
  return `${blockName(spec, layer)}.attn`;
}

function storedSite(plan: Plan, site: Site): AskedSite {
  const { name, first, count } = siteValue(plan, site);
  if (count === null)
    throw refused(
      site.name,
      "sites that the logits depend on",
      "Chosen keys are held fixed; leave it out of at.",
    );
  const width = rowWidth(plan, name);
  return {
    ...{ site, name, reads: [], copies: count !== width },
    read: (gradient, { nTokens }) => columns(gradient, nTokens, { first, count }),
  };
}

function rowWidth(plan: Plan, name: string): number | null {
  const axes = plan.values.get(name)?.shape.slice(1) ?? [];
  return axes.reduce<number | null>(
    (size, axis) => (size === null || typeof axis !== "number" ? null : size * axis),
    1,
  );
}

/** Of the rotated keys, turned back: a rotation's gradient goes the other way. */
function unrotatedKey(plan: Plan, site: Site, layer: number): AskedSite {
  const name = attentionOf(plan, layer);
  const latent = plan.ops.find(
    ({ operator }) => operator.kind === "mlaLatent" && operator.x.name === `${name}.kv_a`,
  );
  if (latent?.operator.kind !== "mlaLatent") throw new Error(`${name} has no latent`);
  const { cos, sin, layout } = latent.operator;
  const { attention } = plan.spec.layers[layer] ?? {};
  if (attention?.kind !== "mla") throw new Error(`${name} has no latent attention`);
  const { dNope, dRope: dim } = attention;
  const read = (gradient: Float64Array, { values, nTokens }: Tape): Float64Array => {
    const table = ({ name: of }: Ref) => values.get(of) as Floats;
    const angles = { layout, dim, cos: table(cos), sin: table(sin) };
    const out = gradient.slice();
    const perToken = gradient.length / nTokens;
    for (let key = 0; key < gradient.length; key += dNope + dim) {
      out.fill(0, key + dNope, key + dNope + dim);
      addTurnedBack(angles, Math.floor(key / perToken), gradient, key + dNope, out, key + dNope);
    }
    return out;
  };
  return { site, name: `${name}.k_expanded`, reads: [cos.name, sin.name], read, copies: true };
}

/** Heads' shares are added up: each has the gradient of what the output projection writes. */
function headResult(plan: Plan, site: Site, layer: number): AskedSite {
  const weight = `${attentionOf(plan, layer)}.o`;
  const projection = plan.ops.find(
    ({ operator }) => operator.kind === "matmul" && operator.weight.name === weight,
  );
  if (projection?.operator.kind !== "matmul") throw new Error(`nothing reads ${weight}`);
  const nHeads = Number(site.shape[1]);
  const read = (gradient: Float64Array, { nTokens }: Tape): Float64Array => {
    const width = gradient.length / nTokens;
    const out = new Float64Array(nHeads * gradient.length);
    for (let row = 0; row < nTokens * nHeads; row++) {
      const t = Math.floor(row / nHeads);
      out.set(gradient.subarray(t * width, (t + 1) * width), row * width);
    }
    return out;
  };
  return { site, name: projection.operator.out.name, reads: [], read, copies: true };
}

/** Of a map that edits have written, (T, H, columns): (H, T, T). */
function editedMap({ shape }: Site): AskedSite["read"] {
  return (gradient, { nTokens }) => headsFirst(gradient, nTokens, Number(shape[0]), nTokens);
}

function refused(got: string, expected: string, fix: string): InputError {
  return new InputError("ERR_GRADIENT", `backward: expected ${expected}, got ${got}. ${fix}`);
}
