import type { BlockReader } from "./blockReader.ts";
import { iq4_nl } from "./iq4_nl.ts";
import { iq4_xs } from "./iq4_xs.ts";
import { q2_k } from "./q2_k.ts";
import { q3_k } from "./q3_k.ts";
import { q4_1 } from "./q4_1.ts";
import { q5_0 } from "./q5_0.ts";
import { q5_1 } from "./q5_1.ts";

/** The types whose blocks no device keeps: they are decoded when they are loaded. */
export const BLOCK_READERS = {
  Q4_1: q4_1,
  Q5_0: q5_0,
  Q5_1: q5_1,
  Q2_K: q2_k,
  Q3_K: q3_k,
  IQ4_NL: iq4_nl,
  IQ4_XS: iq4_xs,
} as const satisfies Readonly<Record<string, BlockReader>>;
