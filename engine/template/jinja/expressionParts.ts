import type { ArgumentNodes, Expression } from "./nodes.ts";

function argumentParts(args: ArgumentNodes): (Expression | null)[] {
  return [
    ...args.positional,
    ...args.named.map(([, value]) => value),
    args.spread,
    args.namedSpread,
  ];
}

/** The expressions that an expression consists of; null for what is left out. */
export function expressionParts(node: Expression): (Expression | null)[] {
  switch (node.kind) {
    case "constant":
    case "name":
      return [];
    case "tuple":
    case "list":
    case "concat":
      return [...node.items];
    case "dict":
      return node.entries.flat();
    case "attribute":
      return [node.object];
    case "item":
      return [node.object, node.index];
    case "slice":
      return [node.start, node.stop, node.step];
    case "call":
      return [node.callee, ...argumentParts(node.args)];
    case "filter":
    case "test":
      return [node.operand, ...argumentParts(node.args)];
    case "unary":
      return [node.operand];
    case "binary":
    case "and":
    case "or":
      return [node.left, node.right];
    case "compare":
      return [node.first, ...node.rest.map(([, operand]) => operand)];
    case "condition":
      return [node.test, node.value, node.otherwise];
  }
}
