/** The engine without files and processes: what a browser can run. `index.node.ts` adds `loadModel`. */
export type { Backend, BackendInfo, BackendName, MemoryUse } from "./backend/backend.ts";
export { type CpuBackendOptions, createCpuBackend } from "./backend/cpu/cpuBackend.ts";
export { createReferenceBackend } from "./backend/reference/referenceBackend.ts";
export {
  createWebGpuBackend,
  type WebGpuBackendOptions,
} from "./backend/webgpu/createWebGpuBackend.ts";
export { requestBrowserAdapter } from "./backend/webgpu/webgpuAdapter.browser.ts";
export type { ChatGeneration } from "./chat/chatGeneration.ts";
export type { AssistantMessage, ChatPiece } from "./chat/chatPiece.ts";
export type { ChatGenerateOptions } from "./chat/startChat.ts";
export {
  AbortedError,
  BackendError,
  ConfigError,
  InputError,
  ShapeError,
  SiteError,
  VitrineError,
  WeightsError,
} from "./errors.ts";
export type {
  Acceptance,
  FinishReason,
  GeneratedToken,
  Generation,
} from "./generate/generation.ts";
export type { GenerationDefaults } from "./generate/generationDefaults.ts";
export type { Sampling, SamplingOptions } from "./generate/samplingOptions.ts";
export type { AttentionForm, Plan, PlanOp, PlanValue, PlanWeight } from "./model/plan.ts";
export type { ModelSpec } from "./model/spec.ts";
export type { Progress, ProgressListener } from "./progress.ts";
export { type CreateModelOptions, createModel } from "./run/createModel.ts";
export type { GenerateOptions } from "./run/generateOptions.ts";
export type { ExplainedPlan, Model, ModelInput } from "./run/model.ts";
export type { AttentionTileRequest, Run, RunSiteInfo, SiteState } from "./run/run.ts";
export type { RunOptions } from "./run/runOptions.ts";
export type { IndexOrRange, Selection } from "./run/selection.ts";
export type { SiteAxis, SiteInfo } from "./sites/site.ts";
export { type HostArray, type HostDType, Tensor } from "./tensor/tensor.ts";
export type { ChatMessage, ChatOptions, ChatTool, ToolCall } from "./tokenizer/chat.ts";
export { type DecodeOptions, type EncodeOptions, Tokenizer } from "./tokenizer/tokenizer.ts";
export type { TokenizerFiles } from "./tokenizer/tokenizerFiles.ts";
export type {
  AttentionTile,
  BackendRecord,
  CostRecord,
  DraftRecord,
  ModelRecord,
  PriceTable,
  Provenance,
  RoutingRecord,
  RunRecord,
  TokenCost,
  TokenRecord,
} from "./trace/schema.ts";
export type { Checkpoint, TensorEntry } from "./weights/checkpoint.ts";
