import type { Operator } from "../../operators.ts";
import type { Kernel } from "../kernel.ts";
import { compileAdd } from "./add.ts";
import { compileAddPosition } from "./addPosition.ts";
import { compileAttention } from "./attention.ts";
import { compileAttentionMetrics } from "./attentionMetrics.ts";
import { compileAttentionScores } from "./attentionScores.ts";
import { compileAttentionTile } from "./attentionTile.ts";
import { compileClamp } from "./clamp.ts";
import type { CompileTarget } from "./compileTarget.ts";
import { compileEdit } from "./edit.ts";
import { compileEditMap } from "./editMap.ts";
import { compileEmbed } from "./embed.ts";
import { compileExpertsCombine } from "./expertsCombine.ts";
import { compileExpertsDown } from "./expertsDown.ts";
import { compileExpertsUp } from "./expertsUp.ts";
import { compileGelu } from "./gelu.ts";
import { compileIndexScores } from "./indexScores.ts";
import { compileLastRow } from "./lastRow.ts";
import { compileLayerNorm } from "./layerNorm.ts";
import { compileMatmul } from "./matmul.ts";
import { compileMixValues } from "./mixValues.ts";
import { compileMlaAbsorbQuery } from "./mlaAbsorbQuery.ts";
import { compileMlaExpand } from "./mlaExpand.ts";
import { compileMlaLatent } from "./mlaLatent.ts";
import { compileMlaValue } from "./mlaValue.ts";
import { compileProjectHeads } from "./projectHeads.ts";
import { compileRmsNorm } from "./rmsNorm.ts";
import { compileRope } from "./rope.ts";
import { compileRoute } from "./route.ts";
import { compileSelectKeys } from "./selectKeys.ts";
import { compileSoftmax } from "./softmax.ts";
import {
  compileReadStreams,
  compileSpreadStreams,
  compileStreamWeights,
  compileWriteStreams,
} from "./streams.ts";
import { compileSwiGlu } from "./swiGlu.ts";
import { compileTokenLogProbs } from "./tokenLogProbs.ts";
import { compileWriteRows } from "./writeRows.ts";

/** The kernels of any operator, in the order they run. The tensors have passed `checkOperator`. */
export function compile(op: Operator, on: CompileTarget): readonly Kernel[] {
  switch (op.kind) {
    case "embed":
      return compileEmbed(op);
    case "rmsNorm":
      return compileRmsNorm(op);
    case "layerNorm":
      return compileLayerNorm(op);
    case "addPosition":
      return compileAddPosition(op);
    case "clamp":
      return compileClamp(op);
    case "gelu":
      return compileGelu(op);
    case "indexScores":
      return compileIndexScores(op);
    case "selectKeys":
      return compileSelectKeys(op);
    case "matmul":
      return compileMatmul(op, on);
    case "rope":
      return compileRope(op);
    case "writeRows":
      return compileWriteRows(op);
    case "mlaLatent":
      return compileMlaLatent(op);
    case "mlaAbsorbQuery":
      return compileMlaAbsorbQuery(op, on);
    case "mlaExpand":
      return compileMlaExpand(op, on);
    case "mlaValue":
      return compileMlaValue(op, on);
    case "attention":
      return compileAttention(op, on);
    case "add":
      return compileAdd(op);
    case "spreadStreams":
      return compileSpreadStreams(op);
    case "streamWeights":
      return compileStreamWeights(op);
    case "readStreams":
      return compileReadStreams(op);
    case "writeStreams":
      return compileWriteStreams(op);
    case "swiGlu":
      return compileSwiGlu(op);
    case "route":
      return compileRoute(op);
    case "expertsUp":
      return compileExpertsUp(op, on);
    case "expertsDown":
      return compileExpertsDown(op, on);
    case "expertsCombine":
      return compileExpertsCombine(op);
    case "lastRow":
      return compileLastRow(op);
    case "tokenLogProbs":
      return compileTokenLogProbs(op);
    case "attentionTile":
      return compileAttentionTile(op);
    case "attentionMetrics":
      return compileAttentionMetrics(op);
    case "projectHeads":
      return compileProjectHeads(op, on);
    case "edit":
      return compileEdit(op);
    case "editMap":
      return compileEditMap(op);
    case "attentionScores":
      return compileAttentionScores(op);
    case "softmax":
      return compileSoftmax(op);
    case "mixValues":
      return compileMixValues(op);
  }
}
