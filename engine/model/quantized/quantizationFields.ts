import type { Field } from "../../base/fields.ts";

type Row = readonly [name: string, fate: Field["fate"], note: string];

const METHODS: readonly Row[] = [
  [
    "quant_method",
    "in part",
    "fp8, fbgemm_fp8, mxfp4, gptq, awq and compressed-tensors run; others are refused by name.",
  ],
  ["bits", "in part", "GPTQ: 2, 3, 4 and 8 run. AWQ: 4. Must fit the shapes that are stored."],
  [
    "group_size",
    "carried out",
    "GPTQ and AWQ: columns that share a scale; -1 is the whole row; 128 where it is left out.",
  ],
  [
    "desc_act",
    "carried out",
    "GPTQ: with true, g_idx gives the group of each column; without, groups must be runs of columns.",
  ],
  [
    "sym",
    "carried out",
    "GPTQ: with true, every zero must be the middle, since programs disagree on others.",
  ],
  [
    "checkpoint_format",
    "in part",
    "GPTQ: gptq, whose zeros are stored less one, and gptq_v2 run; marlin and others are refused.",
  ],
  [
    "format",
    "in part",
    "GPTQ: as checkpoint_format. compressed-tensors: float-quantized, int-quantized, naive-quantized, pack-quantized and mixed-precision run.",
  ],
  [
    "dynamic",
    "in part",
    "GPTQ: patterns that leave layers out run; other bits or groups for some layers are refused.",
  ],
  ["is_marlin_format", "refused", "GPTQ: true is another order of the weights."],
  ["pack_dtype", "in part", "GPTQ: int32 runs."],
  ["adapter", "refused", "GPTQ: adds a product of two more matrices."],
  ["rotation", "refused", "GPTQ: turns the activations between layers."],
  [
    "version",
    "in part",
    "AWQ: gemm runs; gemv, gemv_fast, marlin and others are refused. compressed-tensors: its own version, without effect.",
  ],
  ["w_bit", "in part", "AWQ: bits, in older files."],
  ["q_group_size", "carried out", "AWQ: group_size, in older files."],
  ["awq_gemm_checkpoint", "refused", "GPTQ: true is AWQ's order of the weights."],
  ["zero_point", "in part", "AWQ: true runs."],
  [
    "backend",
    "in part",
    "AWQ: llm-awq, another order of the weights, is refused; else the name of a kernel, without effect.",
  ],
  ["fmt", "in part", "FP8: e4m3 runs."],
  [
    "weight_block_size",
    "carried out",
    "FP8: rows and columns that share a scale; null is one scale for the tensor.",
  ],
  ["scale_fmt", "in part", "FP8: float and ue8m0 run; scales are read as they are stored."],
  [
    "activation_scheme",
    "in part",
    "FP8: dynamic and static run with activations in float32: the weights' numbers are exact, the rounding of activations that a kernel would add is not.",
  ],
  [
    "activation_scale_ub",
    "no effect",
    "FBGEMM: bounds scales of activations, which are not rounded here.",
  ],
  [
    "config_groups",
    "in part",
    "compressed-tensors: what is done to which layers; see the fields below.",
  ],
  [
    "config_groups.*.weights",
    "in part",
    "How the group's weights are quantised; null leaves them as they are.",
  ],
  ["config_groups.*.weights.num_bits", "in part", "8 for floats; 4 and 8 for integers."],
  ["config_groups.*.weights.type", "in part", "float (FP8 e4m3) and int run; FP4 is refused."],
  [
    "config_groups.*.weights.symmetric",
    "carried out",
    "With false, weight_zero_point is taken off the codes.",
  ],
  [
    "config_groups.*.weights.strategy",
    "in part",
    "tensor, channel, group and block run; without it group_size tells. tensor_group, of NVFP4, is refused.",
  ],
  [
    "config_groups.*.weights.group_size",
    "carried out",
    "Columns that share a scale; -1 is the whole row.",
  ],
  [
    "config_groups.*.weights.block_structure",
    "carried out",
    "Rows and columns that share a scale.",
  ],
  [
    "config_groups.*.weights.actorder",
    "carried out",
    "weight_g_idx, where it is stored, gives the group of each column.",
  ],
  ["config_groups.*.weights.dynamic", "in part", "false runs."],
  ["config_groups.*.weights.observer", "no effect", "How scales were found."],
  ["config_groups.*.weights.observer_kwargs", "no effect", "How scales were found."],
  [
    "config_groups.*.weights.scale_dtype",
    "no effect",
    "The stored scales have a dtype of their own.",
  ],
  ["config_groups.*.weights.zp_dtype", "no effect", "The stored zeros have a dtype of their own."],
  [
    "config_groups.*.targets",
    "no effect",
    "Which layers are quantised, and as which group, their stored tensors tell.",
  ],
  ["config_groups.*.format", "in part", "As format."],
  [
    "config_groups.*.input_activations",
    "in part",
    "Activations stay float32: the weights' numbers are exact, the rounding of activations is left out.",
  ],
  ["config_groups.*.output_activations", "in part", "As input_activations."],
  ["kv_cache_scheme", "in part", "The cache stays float32: its rounding is left out."],
  ["sparsity_config", "in part", "dense, or nothing, runs."],
  ["transform_config", "refused", "Turns the activations between layers."],
  [
    "quantization_status",
    "in part",
    "compressed and frozen run: whether weights are quantised, their stored tensors tell.",
  ],
];

const SKIPPED_MODULES = "Which layers are quantised their stored tensors tell.";
const HOW_MADE =
  "How the weights were found, or which program runs them; it is not part of what they stand for.";

const WITHOUT_EFFECT: readonly Row[] = [
  ...["ignore", "ignored_layers", "modules_to_not_convert", "modules_to_convert", "lm_head"].map(
    (name): Row => [name, "no effect", SKIPPED_MODULES],
  ),
  ...[
    ...["dequantize", "run_compressed", "use_optimized_inference", "global_compression_ratio"],
    ...["damp_percent", "damp_auto_increment", "act_group_aware", "static_groups"],
    ...["true_sequential", "mse", "meta", "quantizer", "dataset", "tokenizer", "batch_size"],
    ...["pad_token_id", "model_seqlen", "block_name_to_quantize", "cache_block_outputs"],
    ...["module_name_preceding_first_block", "modules_in_block_to_quantize", "max_input_length"],
    ...["use_cuda_fp16", "use_exllama", "disable_exllama", "exllama_config", "parallel_packing"],
    ...["model_name_or_path", "model_file_base_name", "pack_impl", "device", "hyb_act"],
    ...["offload_to_disk", "offload_to_disk_path", "v2", "v2_alpha", "gptaq", "gptaq_alpha"],
    ...["do_fuse", "fuse_max_seq_len", "modules_to_fuse", "iters", "lr", "minmax_lr", "nsamples"],
    ...["seqlen", "enable_quanted_input", "enable_minmax_tuning", "low_gpu_mem_usage"],
    ...["autoround_version", "scale_dtype", "data_type", "amp", "gradient_accumulate_steps"],
    ...["enable_norm_bias_tuning", "quant_block_list", "to_quant_block_names", "model_dtype"],
    ...["use_ipex", "method", "provider", "failsafe", "fallback"],
  ].map((name): Row => [name, "no effect", HOW_MADE]),
];

/** Every field of `quantization_config`, of whatever method, and what becomes of it. A field not listed is refused. */
export const QUANTIZATION_FIELDS: readonly Field[] = [...METHODS, ...WITHOUT_EFFECT].map(
  ([name, fate, note]) => ({ name: `quantization_config.${name}`, fate, note }),
);
