import type { Operator } from "../../operators.ts";
import type { Kernel } from "../kernel.ts";
import { compileAdd } from "./add.ts";
import { compileAttention } from "./attention.ts";
import { compileAttentionTile } from "./attentionTile.ts";
import { compileEmbed } from "./embed.ts";
import { compileExpertsCombine } from "./expertsCombine.ts";
import { compileExpertsDown } from "./expertsDown.ts";
import { compileExpertsUp } from "./expertsUp.ts";
import { compileLastRow } from "./lastRow.ts";
import { compileMatmul } from "./matmul.ts";
import { compileMlaAbsorbQuery } from "./mlaAbsorbQuery.ts";
import { compileMlaExpand } from "./mlaExpand.ts";
import { compileMlaLatent } from "./mlaLatent.ts";
import { compileMlaValue } from "./mlaValue.ts";
import { compileProjectHeads } from "./projectHeads.ts";
import { compileRmsNorm } from "./rmsNorm.ts";
import { compileRope } from "./rope.ts";
import { compileRoute } from "./route.ts";
import { compileSwiGlu } from "./swiGlu.ts";
import { compileWriteRows } from "./writeRows.ts";

/** The kernels of any operator, in the order they run. The tensors have passed `checkOperator`. */
export function compile(op: Operator): readonly Kernel[] {
  switch (op.kind) {
    case "embed":
      return compileEmbed(op);
    case "rmsNorm":
      return compileRmsNorm(op);
    case "matmul":
      return compileMatmul(op);
    case "rope":
      return compileRope(op);
    case "writeRows":
      return compileWriteRows(op);
    case "mlaLatent":
      return compileMlaLatent(op);
    case "mlaAbsorbQuery":
      return compileMlaAbsorbQuery(op);
    case "mlaExpand":
      return compileMlaExpand(op);
    case "mlaValue":
      return compileMlaValue(op);
    case "attention":
      return compileAttention(op);
    case "add":
      return compileAdd(op);
    case "swiGlu":
      return compileSwiGlu(op);
    case "route":
      return compileRoute(op);
    case "expertsUp":
      return compileExpertsUp(op);
    case "expertsDown":
      return compileExpertsDown(op);
    case "expertsCombine":
      return compileExpertsCombine(op);
    case "lastRow":
      return compileLastRow(op);
    case "attentionTile":
      return compileAttentionTile(op);
    case "projectHeads":
      return compileProjectHeads(op);
  }
}
