import type { Ref } from "../../plan/plan.ts";
import { normDivisor } from "../../tensor/normDivisor.ts";
import { at, type Floats, gradientOf, type VjpContext } from "../vjp.ts";

/** A norm of rows. */
interface NormOperator {
  readonly kind: "rmsNorm" | "layerNorm";
  readonly x: Ref;
  readonly eps: number;
  readonly out: Ref;
}

/** What a norm of whole tokens divides by: a site beside its output, also where edits write that. Norms of heads and latents have none. */
export function normScaleSites({ out }: Pick<NormOperator, "out">): readonly string[] {
  const norm = /^(.*)\.hook_normalized(#\d+)?$/.exec(out.name)?.[1];
  return norm === undefined ? [] : [`${norm}.hook_scale`];
}

/**
 * The gradient of s, (tokens), in y = (x - mean) w / s + bias where x stays, without the mean in an RMSNorm: -sum of w g (x - mean) / s^2.
 * Does nothing unless the site is asked for.
 * @param weight (M)
 */
export function addScaleGradient(op: NormOperator, context: VjpContext, weight: Floats): void {
  const { start, nTokens } = context;
  const isLayer = op.kind === "layerNorm";
  for (const site of normScaleSites(op)) {
    const into = context.intoSite(site, start + nTokens);
    if (into === null) continue;
    const [x, gradient] = [context.floats(op.x), gradientOf(context, op.out)];
    const n = weight.length;
    for (let t = 0; t < nTokens; t++) {
      const first = t * n;
      const scale = normDivisor(x, first, n, { isLayer, eps: op.eps });
      let mean = 0;
      if (isLayer) for (let i = 0; i < n; i++) mean += at(x, first + i) / n;
      let along = 0;
      for (let i = 0; i < n; i++)
        along += at(weight, i) * at(gradient, first + i) * (at(x, first + i) - mean);
      into[start + t] = -along / scale ** 2;
    }
  }
}
