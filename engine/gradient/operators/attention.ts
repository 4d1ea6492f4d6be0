import { dot } from "../../tensor/dot.ts";
import { addScaled } from "../linear.ts";
import { at, isZero, type OperatorVjp } from "../vjp.ts";
import { forEachQuery, kvHead, sinksOf, softmaxGradient, softmaxOf } from "./scoring.ts";

/**
 * z = softmax(scores) V, with the pattern computed again: of a query's keys j, dP_j = dz . v_j, dS = P (dP - sum of P dP),
 * dv_j += P_j dz. A sink takes its share of P and passes nothing on. Scores and pattern are sites: their gradients are dS and dP,
 * dP also of earlier keys that the query does not see, which an edit of the pattern brings in.
 */
export const attention: OperatorVjp<"attention"> = {
  inputs: ["q", "k", "v"],
  reads: ["q", "k", "v", "selection", "temperatures"],
  sites: ({ lse }) => {
    const name = lse.name.replace(/\.lse(#flash)?$/, "");
    return [`${name}.hook_pattern`, `${name}.hook_attn_scores`];
  },
  async backward(op, context) {
    const gradient = context.gradient(op.out);
    if (gradient === null) return;
    const { nHeads, nKvHeads, dKey, dValue } = op;
    const sinks = await sinksOf(op, context);
    const values = context.floats(op.v ?? op.k);
    const ofValues = context.into(op.v ?? op.k);
    const stride = op.v === null ? dKey : dValue;
    const { start, nTokens } = context;
    const nKeys = start + nTokens;
    const [ofPattern, ofScores] = (attention.sites?.(op) ?? []).map((site) =>
      context.intoSite(site, nHeads * nTokens * nKeys),
    );
    forEachQuery(op, context, ({ t, head, keys, scores, addScoreGradient }) => {
      const z = (t * nHeads + head) * dValue;
      if (isZero(gradient, z, z + dValue)) return;
      const pattern = softmaxOf(scores, sinks && at(sinks, head));
      const valueAt = (key: number) => (key * nKvHeads + kvHead(op, head)) * stride;
      const dPattern = Float64Array.from(keys, (key) =>
        dot(gradient, z, values, valueAt(key), dValue),
      );
      const dScores = softmaxGradient(pattern, dPattern);
      const row = (head * nTokens + t) * nKeys;
      if (ofPattern)
        for (let key = 0; key <= start + t; key++)
          ofPattern[row + key] = dot(gradient, z, values, valueAt(key), dValue);
      keys.forEach((key, i) => {
        if (ofScores) ofScores[row + key] = at(dScores, i);
        if (ofValues !== null)
          addScaled(at(pattern, i), gradient, z, dValue, ofValues, valueAt(key));
      });
      addScoreGradient(dScores);
    });
  },
};
