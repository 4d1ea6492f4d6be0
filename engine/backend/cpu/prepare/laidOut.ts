import { operatorTensors } from "../../checkOperator.ts";
import type { DeviceTensor } from "../../deviceTensor.ts";
import type { Operator } from "../../operators.ts";
import { contractOf } from "../../operatorTable.ts";
import type { PrepareContext, Runner } from "./prepareContext.ts";

/**
 * Where a weight stands, a tensor of `alloc` may stand, whose elements lie one after the other and may change: it is laid out in
 * panels anew for every run. Null if the operator has none.
 */
export function withPanels(
  operator: Operator,
  context: PrepareContext,
  prepare: (context: PrepareContext) => Runner,
): Runner | null {
  const loose = looseWeights(operator, context);
  if (loose.length === 0) return null;
  const { own, layOut, drop } = context;
  return (nTokens, start, row) => {
    const laidOut = new Map(loose.map((tensor) => [tensor, layOut(own(tensor))]));
    try {
      const ownOrLaidOut = (tensor: DeviceTensor) => laidOut.get(tensor) ?? own(tensor);
      prepare({ ...context, own: ownOrLaidOut })(nTokens, start, row);
    } finally {
      for (const tensor of laidOut.values()) drop(tensor);
    }
  };
}

function looseWeights(operator: Operator, { own }: PrepareContext): DeviceTensor[] {
  const { weights } = contractOf(operator.kind);
  return operatorTensors(operator).flatMap(([field, tensor]) =>
    weights[field] !== undefined && tensor.shape.length > 1 && own(tensor).panels === null
      ? [tensor]
      : [],
  );
}
