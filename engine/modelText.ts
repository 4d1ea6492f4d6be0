import type { ModelRecord } from "./trace/schema.ts";

/** A model in one line. */
export function modelText({
  name,
  architecture,
  nLayers,
  nHeads,
  nExperts,
  nExpertsPerToken,
  totalParameters,
  activeParameters,
  draftParameters,
}: ModelRecord): string {
  const experts = nExperts > 0 ? `, ${nExperts} experts (${nExpertsPerToken} a token)` : "";
  const drafts = draftParameters > 0 ? `, ${millions(draftParameters)} more for drafts` : "";
  const size = `${millions(totalParameters)} parameters (${millions(activeParameters)} active${drafts})`;
  return `Model ${name}: ${architecture}, ${nLayers} layers, ${nHeads} heads${experts}, ${size}`;
}

function millions(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(2)}B`;
  return count >= 1e6 ? `${(count / 1e6).toFixed(2)}M` : `${(count / 1e3).toFixed(1)}k`;
}
