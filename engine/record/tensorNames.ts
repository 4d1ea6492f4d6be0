/** The file of a record that has its tensors. */
export const TENSORS = "tensors.safetensors";

/** Names of a record's tensors that are no values of a plan. */
export const OWN = {
  logits: "record.logits",
  logitPositions: "record.logit_positions",
  logProbs: "record.log_probs",
  rejectedRoutes: "record.rejected_routes",
  absorbed: (layer: number) => `record.q_absorbed.${layer}`,
  site: (name: string) => `record.site.${name}`,
  times: (step: number, which: "start_ns" | "duration_ns") => `record.profile.${step}.${which}`,
} as const;
