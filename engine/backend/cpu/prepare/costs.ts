/** What kernels take on one thread, in nanoseconds: whether they are worth more than one is decided by these. Measured on one core of 3.3 GHz. */

/** One multiplication and addition of four lanes' worth of work, for each of the lanes. */
export const MULTIPLY_ADD_NS = 0.1;
/** One weight times one row, where weights are unpacked as they are read. */
export const WEIGHT_NS = 0.1;
/** One f32 that is read, changed a little and written. */
export const ELEMENT_NS = 0.3;
/** One f32 that is copied. */
export const COPY_NS = 0.2;
/** One f32 that goes through exp. */
export const EXP_NS = 1;
/** One f32 that is compared or changed by code without SIMD. */
export const SCALAR_NS = 1.5;
