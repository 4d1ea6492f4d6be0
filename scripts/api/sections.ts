import type { ModuleName } from "./publicModules.ts";

export interface Section {
  readonly title: string;
  readonly module: ModuleName;
  readonly about?: string;
  readonly names: readonly string[];
}

/** The page, section by section: every export stands in one of them. */
export const SECTIONS: readonly Section[] = [
  {
    title: "Loading a model",
    module: "vitrine",
    names: [
      ...["loadModel", "LoadModelOptions", "WeightDType", "hashModel", "Progress"],
      "ProgressListener",
    ],
  },
  {
    title: "Model",
    module: "vitrine",
    names: [
      "Model",
      "ModelInput",
      "RunOptions",
      "LogitsWanted",
      "Keep",
      "Estimate",
      "EstimateOptions",
      "DeviceMemory",
      "PrefixCacheUse",
      "WeightOptions",
      "LinearOptions",
      "SiteInfo",
      "SiteAxis",
      "ModelSpec",
      "LayerSpec",
    ],
  },
  {
    title: "Run",
    module: "vitrine",
    names: [
      ...["Run", "RunModel", "Selection", "IndexOrRange", "RunSiteInfo", "SiteState"],
      ...[
        "AttentionTileRequest",
        "AttentionTile",
        "HeadMetricsRequest",
        "HeadMetricsRecord",
        "HeadMetric",
        "DroppedMassRecord",
        "LengthCostRecord",
        "LengthCost",
        "ProfileTraceOptions",
        "RunRooflineOptions",
      ],
      ...["RoutingOptions", "AgainOptions", "SiteCaptureOptions"],
    ],
  },
  {
    title: "Acting on a model",
    module: "vitrine",
    about: "[Acting on a model](edits.md) shows them at work.",
    names: [
      ...["zero", "scale", "add", "replace", "mean", "patch", "project", "experts", "heads"],
      ...["change", "Change", "ChangeAt", "ChangeEdit"],
      ...[
        "shiftPositions",
        "EditWhere",
        "PatchWhere",
        "EditPosition",
        "EditValue",
        "Edit",
        "EditRequest",
      ],
      ...["ZeroEdit", "ScaleEdit", "ValueEdit", "ExpertsEdit", "HeadsEdit", "ShiftPositionsEdit"],
      ...["PatchFromRun", "MeanOverRuns", "SiteReader"],
    ],
  },
  {
    title: "Stepping through a model",
    module: "vitrine",
    about: "[Step by step](stepper.md) shows it at work.",
    names: [
      ...["Stepper", "StepOptions", "StepUnit", "StopAt", "BreakpointOptions", "Condition", "Seen"],
      ...["Stop", "StopReason", "StepperPlace", "StepperOperator", "StepperValue", "StepperToken"],
    ],
  },
  {
    title: "Sweeps",
    module: "vitrine",
    about:
      "[Acting on a model](edits.md#sweeping-over-layers-positions-and-heads) shows them at work.",
    names: [
      ...["SweepOptions", "SweepGrid", "SweepAxisName", "SweepPlace", "SweepPair", "SweepEffects"],
      ...["SweepAxis", "SweepInterval", "logitDifference", "logit", "logProb", "klDivergence"],
      ...["SweepMetric", "MetricWhere", "LogitsReader"],
      ...["effectsOverPairs", "EffectsOverPairsOptions", "EffectsOverPairs"],
    ],
  },
  {
    title: "Gradients",
    module: "vitrine",
    about: "[Acting on a model](edits.md#gradients) shows them at work.",
    names: ["BackwardOptions", "Gradients", "AttributionPatchingOptions"],
  },
  {
    title: "Explaining",
    module: "vitrine",
    about: "[Explaining](explain.md) shows it at work.",
    names: [
      ...["lens", "LensOptions", "LensRecord", "Translators"],
      ...["attribution", "AttributionOptions", "AttributionRecord", "AttributionPart"],
      ...["compare", "CompareRunsOptions", "CompareRecord", "Parting", "ChangedRoute"],
      ...[
        "circuits",
        "CircuitsOptions",
        "Circuits",
        "CircuitEntries",
        "CircuitEntry",
        "WeightSource",
      ],
      ...["topActivations", "TopActivationsOptions", "TopActivationsRecord", "TopActivation"],
      ...["ActivationModel", "topTokens", "TopTokensOptions", "TopTokensRecord"],
      ...["routeStatistics", "RouteStatistics", "RoutedSource", "svdOfProduct", "Svd"],
    ],
  },
  {
    title: "Tensor",
    module: "vitrine",
    names: [
      ...["Tensor", "HostArray", "HostDType", "FloatArray", "Axis", "TensorTopK", "Reduced"],
      ...["readSafetensors", "ReadSafetensorsOptions"],
      ...["TensorFile", "writeSafetensors", "WriteSafetensorsOptions"],
    ],
  },
  {
    title: "Generation",
    module: "vitrine",
    names: [
      ...["Generation", "GenerateOptions", "SamplingOptions", "GeneratedToken", "FinishReason"],
      ...["Acceptance", "AcceptanceRate", "GenerationDefaults", "Sampling", "LikelyToken"],
      ...["SpeculationWorth", "SpeculationWorthOptions", "DecodingWorth", "WorthRange"],
    ],
  },
  {
    title: "Thinking",
    module: "vitrine",
    about: "[Thinking](thinking.md) shows it at work.",
    names: [
      ...["ThinkingOptions", "ThoughtEnd", "ChatThinkingOptions", "Thinking", "AnswerState"],
      ...[
        "majorityVote",
        "MajorityVoteOptions",
        "MajorityVote",
        "bestOf",
        "BestOfOptions",
        "BestOf",
      ],
      ...["generateVerifyChoose", "VerifyOptions", "Verdict", "VerifiedSample", "VerifiedChoice"],
      ...["thinkingCurve", "ThinkingCurveOptions", "ThinkingTask", "ReplySample", "SamplesOptions"],
      ...["RepliesOptions", "RepliesModel"],
    ],
  },
  {
    title: "Evaluating",
    module: "vitrine",
    about: "[Evaluation](evaluation.md) shows it at work.",
    names: [
      ...["evaluate", "EvaluateOptions", "ThinkingArm", "EvaluatedModel", "Task", "SampleData"],
      ...["Target", "TaskGeneration", "TaskMetric", "Evaluation", "EvaluationAbout"],
      ...["EvaluatedSample", "EvaluatedChoice", "Outcome", "MetricRow", "IntervalRow"],
      ...["compareArms", "CompareOptions", "ArmComparison", "CaptureOptions", "CapturePosition"],
      ...["exactMatch", "ExactMatchOptions", "numericMatch", "NumericMatchOptions"],
      ...["patternMatch", "PatternMatchOptions", "multipleChoice", "MultipleChoiceOptions"],
      ...["rubric", "RubricOptions", "Judge", "ReplyScorer", "ChoiceScorer", "ScoreFunction"],
      ...["Score", "Judgement", "ScoredReply", "readSamples", "arithmeticTask"],
      ...["ArithmeticOptions", "recallTask", "RecallOptions", "clozeTask", "ClozeOptions"],
      ...["lmEvalTask", "LmEvalTaskOptions"],
      ...["gsm8kTask", "mmluTask", "KnownTaskOptions", "humanEvalTask", "HumanEvalOptions"],
      ...["mergeEvaluations", "MergeOptions", "loadEvaluation", "InspectLog"],
    ],
  },
  {
    title: "Several prompts together",
    module: "vitrine",
    about: "[Several prompts together](together.md) shows them at work.",
    names: [
      ...["RunBatch", "RunAllOptions", "GenerationBatch", "GenerateAllOptions", "BatchToken"],
      ...["OpenBatch", "OpenBatchOptions", "TogetherGenerateOptions", "TogetherChatOptions"],
    ],
  },
  {
    title: "Chat",
    module: "vitrine",
    names: [
      ...["ChatGeneration", "ChatPiece", "AssistantMessage", "ChatGenerateOptions", "ChatMessage"],
      ...["ChatOptions", "ChatTool", "ToolCall", "ChatBatch", "ChatAllOptions", "BatchPiece"],
    ],
  },
  {
    title: "Tokenizer",
    module: "vitrine",
    names: ["Tokenizer", "EncodeOptions", "DecodeOptions", "TokenizerFiles"],
  },
  {
    title: "Records",
    module: "vitrine",
    about: "Plain data: JSON plus typed arrays, as `vitrine trace` writes them.",
    names: [
      ...["RunRecord", "ModelRecord", "BackendRecord", "TokenRecord", "DraftRecord", "EditRecord"],
      ...[
        "RoutingRecord",
        "RouteChoices",
        "RouterRecord",
        "CostRecord",
        "TokenCost",
        "ClassCost",
        "CostClass",
        "CostQuantity",
      ],
      ...["OperatorTime", "ProfileTrace", "TraceSlice", "TraceName", "Provenance"],
      ...["ThinkingCurveRecord", "ThinkingCurve", "ThinkingPoint"],
    ],
  },
  {
    title: "Runs on disk",
    module: "vitrine",
    about: "[Records](records.md) has their form.",
    names: [
      ...["SaveOptions", "SaveRun", "saveRun", "loadRun", "LoadRunOptions"],
      ...["verifyRecord", "VerifiedRecord"],
      ...["sql", "SqlOptions", "SqlResult", "SqlColumn"],
      ...["replayRecord", "ReplayOptions", "ReplayingModel", "Replay", "ReplayDifference"],
    ],
  },
  {
    title: "What a machine allows",
    module: "vitrine",
    about: "[Cost](cost.md#what-the-machine-allows) has the formulas.",
    names: [
      ...["measureDevice", "MeasureOptions", "MeasuredDevice", "MeasuredLimit", "DeviceRecord"],
      ...["roofline", "RooflineOptions", "RooflineRecord", "RooflinePhase", "RooflinePoint"],
    ],
  },
  {
    title: "Money",
    module: "vitrine",
    about: "[Money](cost.md#money) has the formulas.",
    names: [
      ...["priceOf", "PriceOptions", "usageOf", "UsedRun", "UsedGeneration", "UsageRecord"],
      ...["PRICES", "PricedModel", "importLiteLLM", "ImportOptions", "ImportedPrices"],
      ...["PriceTable", "TokenPrices", "OffPeakHours", "PriceRecord", "checkPriceTable"],
      ...["conversationCost", "ConversationOptions", "PricedTurn", "ServedReply"],
      ...["ConversationCostRecord", "ConversationTurn", "ConversationLine", "TurnPrices"],
    ],
  },
  {
    title: "A model's anatomy",
    module: "vitrine",
    about: "The picture `anatomy` draws it ([Notebooks](notebooks.md#pictures-of-a-run)).",
    names: [
      ...["anatomyOf", "ModelAnatomy", "AnatomyPart", "AnatomyOperator", "AnatomySection"],
      ...["AnatomyValue", "AnatomyWeight", "AnatomyAxis", "AnatomySite"],
    ],
  },
  {
    title: "Other models and machines",
    module: "vitrine",
    about:
      "[What if](cost.md#what-if) has the formulas; `vitrine plan` asks the same from a shell.",
    names: [
      ...["whatIf", "WhatIfOptions", "WhatIfTokens", "CostedRun", "WhatIfRecord", "WhatIfWork"],
      ...["WhatIfMemory", "WhatIfMoney", "WhatIfLength", "ClassParameters", "CacheForm"],
      ...["GivenConfig", "SHIPPED_CONFIGS", "ShippedConfig", "DEVICES", "DeviceRecord"],
    ],
  },
  {
    title: "Models behind servers",
    module: "vitrine",
    about: "[Models behind servers](remote.md) shows them at work.",
    names: [
      ...["remoteModel", "RemoteModelOptions", "RemoteModel", "RemoteGenerateOptions"],
      ...["RemoteChatOptions", "RemoteGeneration", "RemoteChat", "RemoteToken"],
      ...["RemoteFinishReason", "RemoteRoutes", "RemoteServer"],
    ],
  },
  {
    title: "The plan",
    module: "vitrine",
    about: "`model.plan` is the forward pass as data.",
    names: [
      "ExplainedPlan",
      "Plan",
      "PlanOp",
      "PlanValue",
      "ModelWeight",
      "AttentionForm",
      "LayerForm",
    ],
  },
  {
    title: "Backends and checkpoints of your own",
    module: "vitrine",
    about:
      "`loadModel` does all of this. In a browser, or for weights from elsewhere, `createModel` takes a backend and a checkpoint.",
    names: [
      ...[
        "createModel",
        "CreateModelOptions",
        "openBackend",
        "OpenBackendOptions",
        "BackendChoice",
        "OpenedBackend",
      ],
      ...["createCpuBackend", "CpuBackendOptions", "createReferenceBackend", "createWebGpuBackend"],
      ...["WebGpuBackendOptions", "requestBrowserAdapter", "Backend", "BackendInfo", "BackendName"],
      ...["Arithmetic", "ProductChoice", "FormChoice"],
      ...["offloadExperts", "ExpertCacheUse", "MemoryUse", "Checkpoint", "TensorEntry"],
    ],
  },
  {
    title: "Pictures",
    module: "vitrine/widgets",
    names: [
      ...[
        "attention",
        "routing",
        "RoutingPictureOptions",
        "RoutedRun",
        "LabelledRun",
        "cost",
        "CostOptions",
        "CostWidget",
        "RunSource",
      ],
      ...["tokens", "latent", "CacheSource", "conversation", "thinking"],
      ...["sparse", "SparseSource", "drafts", "DraftsOptions"],
      ...[
        "anatomy",
        "AnatomySource",
        "AnatomyRun",
        "precision",
        "PrecisionRun",
        "PrecisionModel",
        "PrecisionOptions",
      ],
      ...["comparison", "ComparisonOptions"],
      ...["samples", "EvaluatedSource", "SamplesOptions"],
      ...["certificate", "CertifiedEvaluation", "CertifiedModel", "CertificateOptions"],
      ...["stepper", "StepperOptions", "StepperWidget"],
      ...["TileRequest", "GenerationSource"],
      ...["Picture", "SaveOptions", "Table", "TableColumn"],
    ],
  },
  {
    title: "Widgets of your own",
    module: "vitrine/widgets",
    about: "[Notebooks](notebooks.md) shows them at work.",
    names: [
      ...["widget", "AnyWidget", "AnyWidgetOptions", "WidgetModel", "interact", "link", "dlink"],
      ...["Output", "Control", "ControlInit", "Options", "Selection"],
    ],
  },
];
