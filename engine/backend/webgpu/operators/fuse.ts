import { elementCount, operatorTensors, rowSize } from "../../checkOperator.ts";
import type { Operator, WriteRows } from "../../operators.ts";
import type { Kernel } from "../kernel.ts";
import { own } from "../tensor.ts";
import { type AddedNorm, compileAddedNorm } from "./addedNorm.ts";
import { byteScales } from "./byteColumns.ts";
import type { CompileTarget } from "./compileTarget.ts";
import { compileGated, type Gated } from "./gatedProducts.ts";
import { compileMatmul } from "./matmul.ts";
import { compileMlaLatent } from "./mlaLatent.ts";
import { compileNormedRope, MOST_HEAD_WIDTH, type NormedRope } from "./normedRope.ts";
import { compileRope } from "./rope.ts";

/** Neighbours in a program that are carried out together. */
export interface Chain {
  readonly operators: readonly Operator[];
  /** Which write all that the operators write, with the same bits. */
  readonly kernels: () => readonly Kernel[];
}

/**
 * The chain that begins with operator `index` of a program, or null: gate, up and the activation over them; the norm of every head, its
 * rotation and the writing of that into a cache; the sum of two values and its norm; what is written into a cache, with whatever computes
 * it. Nothing is swallowed, so that whoever looks at a value in between finds it.
 * The operators have passed `checkOperator`.
 */
export function chainAt(
  program: readonly Operator[],
  index: number,
  on: CompileTarget,
): Chain | null {
  const [first, second, third] = program.slice(index, index + 3);
  if (first === undefined || second === undefined) return null;
  if (third !== undefined) {
    const gated = gatedBy(first, second, third, on);
    if (gated !== null)
      return {
        operators: [first, second, third],
        kernels: () => compileGated(gated, on),
      };
  }
  const normed = normedBy(first, second);
  if (normed !== null) return normedChain(normed, third);
  const added = addedBy(first, second);
  if (added !== null) return { operators: [first, second], kernels: () => compileAddedNorm(added) };
  if (second.kind !== "writeRows" || !("out" in first) || second.x !== first.out) return null;
  if (operatorTensors(first).some(([, tensor]) => tensor === second.cache)) return null;
  const kernels = cachedBy(first, second, on);
  return kernels && { operators: [first, second], kernels };
}

function gatedBy(gate: Operator, up: Operator, swiGlu: Operator, on: CompileTarget): Gated | null {
  if (gate.kind !== "matmul" || up.kind !== "matmul" || swiGlu.kind !== "swiGlu") return null;
  const isPlain = [gate, up].every(
    ({ rows, residual, weight }) =>
      rows === "tokens" && residual === null && own(weight).parts.length === 1,
  );
  const isPair =
    gate.x === up.x &&
    String(gate.weight.shape) === String(up.weight.shape) &&
    byteScales(gate.weight, on) === byteScales(up.weight, on);
  const isRead = swiGlu.gate === gate.out && swiGlu.up === up.out;
  const written = new Set([gate.out, up.out, swiGlu.out]);
  const isApart = written.size === 3 && !written.has(gate.x);
  return isPlain && isPair && isRead && isApart ? { gate, up, swiGlu } : null;
}

function normedBy(norm: Operator, rope: Operator): NormedRope | null {
  if (norm.kind !== "rmsNorm" || rope.kind !== "rope" || norm.rows !== "tokens") return null;
  const width = elementCount(norm.weight);
  const isOfHeads = rope.x === norm.out && rope.x.shape[2] === width && width <= MOST_HEAD_WIDTH;
  const isApart = new Set([norm.x, norm.out, rope.out]).size === 3;
  return isOfHeads && isApart ? { norm, rope } : null;
}

function addedBy(add: Operator, norm: Operator): AddedNorm | null {
  if (add.kind !== "add" || norm.kind !== "rmsNorm" || norm.rows !== "tokens") return null;
  const isOfRows = norm.x === add.out && elementCount(norm.weight) === rowSize(add.out);
  const isApart = ![add.a, add.b, add.out].includes(norm.out) && ![add.a, add.b].includes(add.out);
  return isOfRows && isApart ? { add, norm } : null;
}

/** @param next what follows, which may write the rotated rows into a cache */
function normedChain(normed: NormedRope, next: Operator | undefined): Chain {
  const { norm, rope } = normed;
  const tensors = [norm, rope].flatMap((op) => operatorTensors(op).map(([, tensor]) => tensor));
  const isCached =
    next?.kind === "writeRows" && next.x === rope.out && !tensors.includes(next.cache);
  return {
    operators: isCached ? [norm, rope, next] : [norm, rope],
    kernels: () => compileNormedRope(normed, isCached ? next.cache : null),
  };
}

function cachedBy(op: Operator, { cache }: WriteRows, on: CompileTarget): Chain["kernels"] | null {
  switch (op.kind) {
    case "rope":
      return () => compileRope(op, cache);
    case "mlaLatent":
      return () => compileMlaLatent(op, cache);
    case "matmul":
      if (op.rows !== "tokens" || own(op.weight).parts.length > 1) return null;
      return () => compileMatmul(op, on, cache);
    default:
      return null;
  }
}
