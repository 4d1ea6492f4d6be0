import type { Model } from "../../engine/index.node.ts";

/** Rows of a site over texts, one behind the other: (R, width). Each text's first is left out: it is like no other. */
export async function siteRows(
  model: Model,
  texts: readonly (readonly number[])[],
  site: string,
): Promise<Float32Array> {
  const parts: Float32Array[] = [];
  for (let first = 0; first < texts.length; first += 16)
    for await (const run of model.runAll(texts.slice(first, first + 16), {
      keep: "nothing",
      capture: site,
    })) {
      const { data, shape } = await run.get(site);
      parts.push(Float32Array.from(data.subarray(data.length / (shape[0] ?? 1))));
      run.dispose();
    }
  const rows = new Float32Array(parts.reduce((n, { length }) => n + length, 0));
  let at = 0;
  for (const part of parts) {
    rows.set(part, at);
    at += part.length;
  }
  return rows;
}
