/*
 * What kernels take on one thread, in nanoseconds: by these it is decided whether an operator is worth several. Measured as
 * processor time on one core of a Zen 5 at 3.3 GHz, Node 20; a factor of two more or less changes little.
 */

/** One product and its sum, of activations with activations. */
export const MULTIPLY_ADD_NS = 0.1;
/** One weight times one row of activations in floats: 0.08 to 0.12 for one row, 0.06 for many. */
export const WEIGHT_NS = 0.1;
/** One f32 that is read, changed a little and written. */
export const ELEMENT_NS = 0.2;
/** One f32 that is copied. */
export const COPY_NS = 0.1;
/** One f32 that goes through exp. */
export const EXP_NS = 2;
/** One f32 that goes through exp in float64, and joins a sum. */
export const SUM_NS = 2;
/** One f32 that is compared or changed by code without SIMD. */
export const SCALAR_NS = 1;
/** One f32 that becomes a whole number, for each limb of 16 bits. */
export const QUANTIZE_NS = 0.45;
/** One weight times one row of activations in whole numbers, for each limb. */
export const LIMB_WEIGHT_NS = 0.05;
/** One element of a weight that is put into its panel. */
export const WRITE_NS = 0.25;
