/** The entry point `vitrine`. */
export { anatomyOf } from "./anatomy/anatomyOf.node.ts";
export {
  type BackendChoice,
  type OpenBackendOptions,
  type OpenedBackend,
  openBackend,
} from "./backend/openBackend.node.ts";
export { loadDictionary } from "./dictionary/loadDictionary.node.ts";
export { evaluate } from "./evaluate/evaluate.node.ts";
export { type LmEvalTaskOptions, lmEvalTask } from "./evaluate/lmEval/lmEvalTask.node.ts";
export {
  loadEvaluation,
  type MergeOptions,
  mergeEvaluations,
} from "./evaluate/mergeEvaluations.node.ts";
export { type ReadSamplesOptions, readSamples } from "./evaluate/readSamples.node.ts";
export {
  type EvaluationDifference,
  type EvaluationReplay,
  type ReplayEvaluationOptions,
  replayEvaluation,
} from "./evaluate/replayEvaluation.node.ts";
export {
  type VerifiedEvaluation,
  type VerifyEvaluationOptions,
  verifyEvaluation,
} from "./evaluate/verifyEvaluation.node.ts";
export * from "./index.ts";
export { type LoadModelOptions, loadModel } from "./loadModel.node.ts";
export { type SqlOptions, sql } from "./query/sql.node.ts";
export type { SqlColumn, SqlResult } from "./query/sqlResult.ts";
export type { ReplayDifference } from "./record/compareReplay.node.ts";
export { type LoadRunOptions, loadRun } from "./record/loadRun.node.ts";
export {
  type Replay,
  type ReplayingModel,
  type ReplayOptions,
  replayRecord,
} from "./record/replayRecord.node.ts";
export { saveRun } from "./record/saveRun.node.ts";
export { type VerifiedRecord, verifyRecord } from "./record/verifyRecord.node.ts";
export type { WeightDType } from "./weights/castCheckpoint.ts";
export { hashModel } from "./weights/hashModel.node.ts";
export {
  type ReadSafetensorsOptions,
  readSafetensors,
  type TensorFile,
  type WriteSafetensorsOptions,
  writeSafetensors,
} from "./weights/tensorFile.node.ts";
export { whatIf } from "./whatif/whatIf.node.ts";
