/**
 * The files whose tests a mutation run tries. Each has tests in test/unit or test/property that import the source
 * itself: what only runs out of dist/ would not notice a change here.
 */
export const SAMPLED_FILES: readonly string[] = [
  "engine/backend/checkOperator.ts",
  "engine/backend/reference/operators/attention.ts",
  "engine/backend/reference/operators/route.ts",
  "engine/chat/taggedReply.ts",
  "engine/cost/operatorCost.ts",
  "engine/generate/sampler.ts",
  "engine/generate/stopStrings.ts",
  "engine/model/architectures/common.ts",
  "engine/plan/compilePlan.ts",
  "engine/model/configReader.ts",
  "engine/plan/planMla.ts",
  "engine/model/rope.ts",
  "engine/plan/sites/matchSites.ts",
  "engine/tokenizer/tokenizer.ts",
  "engine/weights/gguf/parseGguf.ts",
  "engine/weights/safetensors.ts",
  "kernel/display/bundle.ts",
  "kernel/display/widgetModel.ts",
  "kernel/language/bindingRewriter.ts",
  "kernel/protocol/frames.ts",
  "kernel/server/channels/outbox.ts",
  "kernel/server/channels/v1Protocol.ts",
  "kernel/server/contents/notebookFormat.ts",
  "kernel/server/security/loginLimiter.ts",
  "kernel/session/history.ts",
  "kernel/transport/streamCoalescer.ts",
];

/** Quick tests that take so long that a survivor would cost a minute, and are about other files. */
export const SLOW_TESTS: readonly string[] = [
  "test/unit/cellTypes.test.ts",
  "test/differential/cpu.test.ts",
  "test/unit/loadMemory.test.ts",
  "test/property/forward.test.ts",
];
