import { type Lines, mapLines } from "./axis.ts";
import { expNonPositive } from "./expNonPositive.ts";
import type { FloatArray, HostArray } from "./hostArray.ts";

/** e^x over their sum, along lines, or the logarithm of that. NaN where all of a line are -Infinity. */
export function softmaxLines(data: HostArray, lines: Lines, isLog: boolean): FloatArray {
  return mapLines(data, lines, isLog ? logSoftmax : softmax);
}

function softmax(line: Float64Array): void {
  const most = largest(line);
  let total = 0;
  for (let j = 0; j < line.length; j++) {
    const weight = expNonPositive((line[j] as number) - most);
    line[j] = weight;
    total += weight;
  }
  for (let j = 0; j < line.length; j++) line[j] = (line[j] as number) / total;
}

function logSoftmax(line: Float64Array): void {
  const most = largest(line);
  let total = 0;
  for (let j = 0; j < line.length; j++) total += expNonPositive((line[j] as number) - most);
  const logTotal = Math.log(total);
  for (let j = 0; j < line.length; j++) line[j] = (line[j] as number) - most - logTotal;
}

function largest(line: Float64Array): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < line.length; j++) if ((line[j] as number) > most) most = line[j] as number;
  return most;
}
