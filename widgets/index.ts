/** The entry point `vitrine/widgets`: pictures of a run, displayed as the last value of a cell; widgets of your own. */
export { type AnyWidget, type AnyWidgetOptions, widget } from "../kernel/display/anywidget.ts";
export * from "../kernel/display/controls/index.ts";
export { type AnatomyRun, type AnatomySource, anatomy } from "./anatomy/widget.ts";
export type { MeasuredRun } from "./attention/runMetrics.ts";
export { type AttentionOptions, attention } from "./attention/widget.ts";
export { attributionBars } from "./attribution/widget.ts";
export {
  type CertificateOptions,
  type CertifiedEvaluation,
  type CertifiedModel,
  certificate,
} from "./certificate/widget.ts";
export { type ComparisonOptions, comparison } from "./comparison/widget.ts";
export { conversation } from "./conversation/widget.ts";
export { type CostOptions, CostWidget, cost, type GenerationSource } from "./cost/widget.ts";
export { type DraftsOptions, drafts } from "./drafts/widget.ts";
export { AnswerCard } from "./exercise/answerCard.ts";
export type {
  Answer,
  AnswerRecord,
  CardState,
  CheckedAnswer,
  ExpectedAnswer,
  KindOf,
  Mistake,
  Verdict,
} from "./exercise/data.ts";
export { Exercise, exercise } from "./exercise/exercise.ts";
export { ExerciseError } from "./exercise/exerciseError.ts";
export type { TokenFeature } from "./features/data.ts";
export { featureStrip } from "./features/widget.ts";
export { type CacheSource, latent } from "./latent/widget.ts";
export { lensGrid } from "./lens/widget.ts";
export type { PrecisionRun } from "./precision/measurePrecision.ts";
export { type PrecisionModel, type PrecisionOptions, precision } from "./precision/widget.ts";
export type { Picture } from "./render/picture.ts";
export type { ExplainedRun, RunSource, TileRequest } from "./render/runSource.ts";
export type { SaveOptions } from "./render/save/savePicture.ts";
export type { Table, TableColumn } from "./render/table.ts";
export type { ExpertEdit, LabelledRun, RoutedRun } from "./routing/sources.ts";
export { type RoutingPictureOptions, routing } from "./routing/widget.ts";
export { type EvaluatedSource, type SamplesOptions, samples } from "./samples/widget.ts";
export { type SparseSource, sparse } from "./sparse/widget.ts";
export { type StepperOptions, StepperWidget, stepper } from "./stepper/widget.ts";
export { type SweepPictureOptions, sweep } from "./sweep/widget.ts";
export { thinking } from "./thinking/widget.ts";
export { tokens } from "./tokens/widget.ts";
