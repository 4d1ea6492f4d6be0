import type { Run } from "../../engine/index.ts";

/** All that is compared of runs that are to be the same: reads their logits, their caches and what they kept. */
export async function told(run: Run) {
  const sites = run.sites().filter(({ name }) => /resid_post|pattern|expert_|topk_/.test(name));
  const read = sites.map(async ({ name }) => [name, bits((await run.get(name)).data)]);
  return {
    tokens: run.record.tokens,
    logits: bits(run.logits.data),
    sites: Object.fromEntries(await Promise.all(read)),
  };
}

const bits = (data: ArrayBufferView) =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64");
