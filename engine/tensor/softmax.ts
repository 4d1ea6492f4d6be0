import { eachLine, type Lines } from "./axis.ts";
import { type FloatArray, floatsLike, type HostArray } from "./hostArray.ts";

/** e^x over their sum, along lines, or the logarithm of that. NaN where all of a line are -Infinity. */
export function softmaxLines(data: HostArray, lines: Lines, isLog: boolean): FloatArray {
  const out = floatsLike(data, data.length);
  eachLine(data, lines, (line, start) => {
    let most = Number.NEGATIVE_INFINITY;
    for (const x of line) if (x > most) most = x;
    let total = 0;
    for (const x of line) total += Math.exp(x - most);
    const logTotal = Math.log(total);
    for (let j = 0; j < line.length; j++) {
      const shifted = (line[j] as number) - most;
      out[start + j * lines.inner] = isLog ? shifted - logTotal : Math.exp(shifted) / total;
    }
  });
  return out;
}
