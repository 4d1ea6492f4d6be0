/** The engine without files and processes: what a browser can run. `index.node.ts` adds `loadModel`. */
export type {
  Change,
  ChangeAt,
  ChangeEdit,
  Edit,
  EditPosition,
  EditRequest,
  EditValue,
  ExpertsEdit,
  FeaturesEdit,
  HeadsEdit,
  MeanOverRuns,
  PatchFromRun,
  ScaleEdit,
  ShiftPositionsEdit,
  SiteReader,
  SteerEdit,
  SteerOverRuns,
  ValueEdit,
  ZeroEdit,
} from "./act/edit.ts";
export {
  add,
  change,
  type EditWhere,
  experts,
  features,
  heads,
  mean,
  type PatchWhere,
  patch,
  project,
  replace,
  type SteerOptions,
  scale,
  shiftPositions,
  steer,
  zero,
} from "./act/edits.ts";
export { anatomyOf } from "./anatomy/anatomyOf.ts";
export type {
  Arithmetic,
  Backend,
  BackendInfo,
  BackendName,
  ExpertCacheUse,
  MemoryUse,
} from "./backend/backend.ts";
export { type CpuBackendOptions, createCpuBackend } from "./backend/cpu/cpuBackend.ts";
export { offloadExperts } from "./backend/offload/offloadExperts.ts";
export { createReferenceBackend } from "./backend/reference/referenceBackend.ts";
export {
  createWebGpuBackend,
  type WebGpuBackendOptions,
} from "./backend/webgpu/createWebGpuBackend.ts";
export type { FormChoice, ProductChoice } from "./backend/webgpu/products/productChoice.ts";
export { requestBrowserAdapter } from "./backend/webgpu/webgpuAdapter.browser.ts";
export {
  AbortedError,
  BackendError,
  ConfigError,
  InputError,
  RecordError,
  RemoteError,
  ShapeError,
  SiteError,
  VitrineError,
  WeightsError,
} from "./base/errors.ts";
export type { Progress, ProgressListener } from "./base/progress.ts";
export type { BatchPiece, ChatBatch } from "./chat/chatBatch.ts";
export type { ChatGeneration } from "./chat/chatGeneration.ts";
export type {
  ChatAllOptions,
  ChatGenerateOptions,
  ChatThinkingOptions,
} from "./chat/chatOptions.ts";
export type { AssistantMessage, ChatPiece } from "./chat/chatPiece.ts";
export type {
  OpenBatch,
  TogetherChatOptions,
  TogetherGenerateOptions,
} from "./chat/openBatch.ts";
export type { ExplainedPlan } from "./cost/explainPlan.ts";
export { type CreateModelOptions, createModel } from "./createModel.ts";
export {
  Dictionary,
  type DictionaryOptions,
  type DictionaryReference,
} from "./dictionary/dictionary.ts";
export type { DictionaryConfig, RowNormalization } from "./dictionary/dictionaryConfig.ts";
export type { DictionaryWeights } from "./dictionary/dictionaryWeights.ts";
export type { CaptureOptions, CapturePosition } from "./evaluate/captureOptions.ts";
export { type ArmComparison, type CompareOptions, compareArms } from "./evaluate/compareArms.ts";
export type { EvaluatedModel } from "./evaluate/evaluatedModel.ts";
export type { EvaluatedChoice, EvaluatedSample, Outcome } from "./evaluate/evaluatedSample.ts";
export type { EvaluateOptions, ThinkingArm } from "./evaluate/evaluateOptions.ts";
export type { Evaluation } from "./evaluate/evaluation.ts";
export type { EvaluationAbout } from "./evaluate/evaluationAbout.ts";
export type { IntervalRow, MetricRow } from "./evaluate/evaluationMetrics.ts";
export type { InspectLog } from "./evaluate/export/inspectLog.ts";
export { type ExactMatchOptions, exactMatch } from "./evaluate/scorers/exactMatch.ts";
export { type MultipleChoiceOptions, multipleChoice } from "./evaluate/scorers/multipleChoice.ts";
export { type NumericMatchOptions, numericMatch } from "./evaluate/scorers/numericMatch.ts";
export { type PatternMatchOptions, patternMatch } from "./evaluate/scorers/patternMatch.ts";
export { type Judge, type RubricOptions, rubric } from "./evaluate/scorers/rubric.ts";
export type {
  ChoiceScorer,
  Judgement,
  ReplyScorer,
  SampleData,
  Score,
  ScoredReply,
  ScoreFunction,
  Target,
  Task,
  TaskGeneration,
  TaskMetric,
} from "./evaluate/task.ts";
export { type ArithmeticOptions, arithmeticTask } from "./evaluate/tasks/arithmeticTask.ts";
export { type ClozeOptions, clozeTask } from "./evaluate/tasks/clozeTask.ts";
export {
  gsm8kTask,
  type HumanEvalOptions,
  humanEvalTask,
  type KnownTaskOptions,
  MMLU_COLUMNS,
  mmluTask,
} from "./evaluate/tasks/knownTasks.ts";
export { type RecallOptions, recallTask } from "./evaluate/tasks/recallTask.ts";
export type { OpenBatchOptions, RunAllOptions } from "./execute/batchOptions.ts";
export type { DeviceMemory } from "./execute/deviceMemory.ts";
export type { Estimate } from "./execute/estimate.ts";
export type { EstimateOptions } from "./execute/estimateOptions.ts";
export type { LogitsWanted } from "./execute/logitRows.ts";
export type { PrefixCacheUse } from "./execute/prefixCache.ts";
export type { RunOptions } from "./execute/runOptions.ts";
export { type AttributionOptions, attribution } from "./explain/attribution.ts";
export {
  type CircuitEntries,
  type CircuitEntry,
  type Circuits,
  type CircuitsOptions,
  circuits,
} from "./explain/circuits.ts";
export { type CompareRunsOptions, compare } from "./explain/compare.ts";
export {
  type FeatureActivationsOptions,
  featureActivations,
} from "./explain/featureActivations.ts";
export { featureValues } from "./explain/featureValues.ts";
export { type LensOptions, lens } from "./explain/lens.ts";
export type { LinearOptions } from "./explain/linear.ts";
export type { WeightOptions } from "./explain/readWeight.ts";
export {
  type Reconstruction,
  type ReconstructOptions,
  reconstruct,
} from "./explain/reconstruct.ts";
export {
  type RoutedSource,
  type RouteStatistics,
  routeStatistics,
} from "./explain/routeStatistics.ts";
export type { SoftmaxOptions } from "./explain/softmax.ts";
export { type Svd, svdOfProduct } from "./explain/svdOfProduct.ts";
export {
  type ActivationModel,
  type TopActivationsOptions,
  topActivations,
} from "./explain/topActivations.ts";
export type { TopKOptions } from "./explain/topK.ts";
export { type TopTokensOptions, topTokens } from "./explain/topTokens.ts";
export type { Translators } from "./explain/translators.ts";
export type { WeightSource } from "./explain/weightSource.ts";
export type { Acceptance, AcceptanceRate } from "./generate/acceptance.ts";
export type { GenerateAllOptions, GenerateOptions } from "./generate/generateOptions.ts";
export type {
  AnswerState,
  FinishReason,
  GeneratedToken,
  Generation,
} from "./generate/generation.ts";
export type { BatchToken, GenerationBatch } from "./generate/generationBatch.ts";
export type { GenerationDefaults } from "./generate/generationDefaults.ts";
export type { LikelyToken } from "./generate/likeliest.ts";
export type { Sampling, SamplingOptions } from "./generate/samplingOptions.ts";
export type {
  DecodingWorth,
  SpeculationWorth,
  SpeculationWorthOptions,
  WorthRange,
} from "./generate/speculationWorth.ts";
export type { ThinkingOptions, ThoughtEnd } from "./generate/thinking/thinkingOptions.ts";
export type { Thinking } from "./generate/thinking/thinkingState.ts";
export type { AttributionPatchingOptions } from "./gradient/attributionPatching.ts";
export type { Gradients } from "./gradient/backward.ts";
export type { BackwardOptions } from "./gradient/backwardOptions.ts";
export type { AttentionTileRequest } from "./look/attentionTile.ts";
export type { HeadMetricsOf, HeadMetricsRequest } from "./look/headMetrics.ts";
export type { ProfileTraceOptions } from "./look/profileTrace.ts";
export type {
  AgainOptions,
  RoutingOptions,
  Run,
  RunSiteInfo,
  SaveRun,
  SiteCaptureOptions,
} from "./look/run.ts";
export type { RunBatch } from "./look/runBatch.ts";
export type { RunModel } from "./look/runModel.ts";
export type { RunRooflineOptions } from "./look/runRoofline.ts";
export type { SiteState } from "./look/runSupply.ts";
export type { SaveOptions } from "./look/saveOptions.ts";
export type { Selection } from "./look/selection.ts";
export { DEVICES } from "./machine/devices.ts";
export {
  type MeasuredDevice,
  type MeasuredLimit,
  type MeasureOptions,
  measureDevice,
} from "./machine/measureDevice.ts";
export { type RooflineOptions, roofline } from "./machine/roofline.ts";
export type { ModelWeight } from "./model/modelWeights.ts";
export type { LayerSpec, ModelSpec } from "./model/spec.ts";
export type { Model } from "./model.ts";
export type { ModelInput } from "./modelInput.ts";
export type { Keep } from "./plan/keptValues.ts";
export type { AttentionForm, LayerForm, Plan, PlanOp, PlanValue } from "./plan/plan.ts";
export type { SiteAxis, SiteInfo } from "./plan/sites/site.ts";
export { checkPriceTable } from "./price/checkPriceTable.ts";
export {
  type ConversationOptions,
  conversationCost,
  type PricedTurn,
  type ServedReply,
} from "./price/conversationCost.ts";
export { type ImportedPrices, type ImportOptions, importLiteLLM } from "./price/importLiteLLM.ts";
export { type PriceOptions, priceOf } from "./price/priceOf.ts";
export { PRICES, type PricedModel } from "./price/prices.ts";
export { type UsedGeneration, type UsedRun, usageOf } from "./price/usage.ts";
export type { ProbeLabel, ProbeLabels } from "./probe/labelledRows.ts";
export { probe } from "./probe/probe.ts";
export type { ProbeOptions } from "./probe/probeOptions.ts";
export type { RemoteModelOptions } from "./remote/endpoint.ts";
export type { RemoteFinishReason, RemoteServer } from "./remote/receipt.ts";
export type { RemoteChat } from "./remote/remoteChat.ts";
export type { RemoteGeneration } from "./remote/remoteGeneration.ts";
export { type RemoteModel, remoteModel } from "./remote/remoteModel.ts";
export type { RemoteChatOptions, RemoteGenerateOptions } from "./remote/remoteOptions.ts";
export type { RemoteRoutes } from "./remote/remoteRoutes.ts";
export type { RemoteToken } from "./remote/wire.ts";
export type { BreakpointOptions, Condition, Seen, StopAt } from "./stepper/breakpoint.ts";
export type { StepOptions } from "./stepper/stepOptions.ts";
export type { Stepper, StepUnit } from "./stepper/stepper.ts";
export type {
  StepperOperator,
  StepperPlace,
  StepperToken,
  StepperValue,
  Stop,
  StopReason,
} from "./stepper/stepperPlace.ts";
export {
  type EffectsOverPairs,
  type EffectsOverPairsOptions,
  effectsOverPairs,
} from "./sweep/effectsOverPairs.ts";
export type { SweepAxis } from "./sweep/sweepAxes.ts";
export type { SweepEffects, SweepInterval, SweepProvenance } from "./sweep/sweepEffects.ts";
export {
  klDivergence,
  type LogitsReader,
  logit,
  logitDifference,
  logProb,
  type MetricWhere,
  type SweepMetric,
} from "./sweep/sweepMetrics.ts";
export type {
  SweepAxisName,
  SweepGrid,
  SweepOptions,
  SweepPair,
  SweepPlace,
} from "./sweep/sweepOptions.ts";
export type { ChatMessage, ChatOptions, ChatTool, ToolCall } from "./template/chat.ts";
export type { Axis } from "./tensor/axis.ts";
export type { IndexOrRange } from "./tensor/indexRange.ts";
export {
  type FloatArray,
  type HostArray,
  type HostDType,
  type Reduced,
  Tensor,
  type TensorTopK,
} from "./tensor/tensor.ts";
export { type DecodeOptions, type EncodeOptions, Tokenizer } from "./tokenizer/tokenizer.ts";
export type { TokenizerFiles } from "./tokenizer/tokenizerFiles.ts";
export type {
  AnatomyAxis,
  AnatomyOperator,
  AnatomyPart,
  AnatomySection,
  AnatomySite,
  AnatomyValue,
  AnatomyWeight,
  AttentionTile,
  AttributionPart,
  AttributionRecord,
  BackendRecord,
  CacheForm,
  ChangedRoute,
  ClassCost,
  ClassParameters,
  CompareRecord,
  ConversationCostRecord,
  ConversationLine,
  ConversationTurn,
  CostClass,
  CostQuantity,
  CostRecord,
  DeviceRecord,
  DraftRecord,
  DroppedMassRecord,
  EditRecord,
  FeaturesRecord,
  HeadMetric,
  HeadMetricsRecord,
  LengthCost,
  LengthCostRecord,
  LensRecord,
  ModelAnatomy,
  ModelRecord,
  OffPeakHours,
  OperatorTime,
  Parting,
  PriceRecord,
  PriceTable,
  ProbeRecord,
  ProfileTrace,
  Provenance,
  RooflinePhase,
  RooflinePoint,
  RooflineRecord,
  RouteChoices,
  RouterRecord,
  RoutingRecord,
  RunRecord,
  ThinkingCurve,
  ThinkingCurveRecord,
  ThinkingPoint,
  TokenCost,
  TokenPrices,
  TokenRecord,
  TopActivation,
  TopActivationsRecord,
  TopTokensRecord,
  TraceName,
  TraceSlice,
  TurnPrices,
  UsageRecord,
  WhatIfLength,
  WhatIfMemory,
  WhatIfMoney,
  WhatIfRecord,
  WhatIfWork,
} from "./trace/schema.ts";
export { type BestOf, type BestOfOptions, bestOf } from "./vote/bestOf.ts";
export {
  generateVerifyChoose,
  type Verdict,
  type VerifiedChoice,
  type VerifiedSample,
  type VerifyOptions,
} from "./vote/generateVerifyChoose.ts";
export {
  type MajorityVote,
  type MajorityVoteOptions,
  majorityVote,
} from "./vote/majorityVote.ts";
export type {
  RepliesModel,
  RepliesOptions,
  ReplySample,
  SamplesOptions,
} from "./vote/replySamples.ts";
export {
  type ThinkingCurveOptions,
  type ThinkingTask,
  thinkingCurve,
} from "./vote/thinkingCurve.ts";
export type { Checkpoint, TensorEntry } from "./weights/checkpoint.ts";
export type { ShippedConfig } from "./whatif/configs/shippedConfig.ts";
export type { GivenConfig } from "./whatif/namedConfig.ts";
export { SHIPPED_CONFIGS } from "./whatif/shippedConfigs.ts";
export { whatIf } from "./whatif/whatIf.ts";
export type { CostedRun, WhatIfOptions, WhatIfTokens } from "./whatif/whatIfOptions.ts";
