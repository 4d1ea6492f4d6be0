"""The shape of `tiny-zero`: the default model's architecture, small enough for reinforcement learning on a CPU."""

from config import CONFIG

ZERO_CONFIG = CONFIG | {
    "vocab_size": 512,
    "hidden_size": 128,
    "intermediate_size": 384,
    "moe_intermediate_size": 64,
    "num_hidden_layers": 4,
    "num_nextn_predict_layers": 0,
    "n_routed_experts": 8,
    "kv_lora_rank": 48,
    "q_lora_rank": 64,
    "qk_nope_head_dim": 16,
    "max_position_embeddings": 256,
}
