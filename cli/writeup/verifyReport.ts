import type { Finding, Verified } from "./verifyNotebook.ts";

/** What a verification found, in lines: each difference with both values, then how many parts of outputs are what. */
export function verifyReport(path: string, verified: Verified, tolerance: number): string {
  const { findings, volatile, bytesLeftOut, failed } = verified;
  const counted = (kind: Finding["likeness"]["kind"]): number =>
    findings.filter(({ likeness }) => likeness.kind === kind).length;
  const counts = [
    `${counted("same")} the same`,
    ...(tolerance === 0 ? [] : [`${counted("near")} within ${tolerance}`]),
    `${counted("different")} different`,
    ...(volatile === 0
      ? []
      : [`${volatile} volatile ${volatile === 1 ? "cell" : "cells"} not compared`]),
    ...(bytesLeftOut === 0 ? [] : [`${bytesLeftOut} bytes in widgets not compared`]),
  ];
  const end =
    failed === null
      ? []
      : [`${failed.cell} failed: ${failed.name}: ${failed.message}; what is behind it did not run`];
  return [...findings.flatMap(lines), ...end, `${path}: ${counts.join(", ")}`].join("\n");
}

function lines({ cell, part, likeness }: Finding): string[] {
  if (likeness.kind === "same") return [];
  if (likeness.kind === "near")
    return [`${cell}, ${part}: within tolerance, at most ${likeness.largest.toPrecision(3)} apart`];
  const indented = (text: string): string => text.replaceAll("\n", "\n         ");
  return [
    `${cell}, ${part}: different`,
    `  saved  ${indented(likeness.saved)}`,
    `  now    ${indented(likeness.now)}`,
  ];
}
