const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8];

/** Adam over one array of numbers, which it changes in place. @see arXiv:1412.6980, algorithm 1 */
export class Adam {
  readonly #values: Float32Array;
  readonly #mean: Float32Array;
  readonly #square: Float32Array;
  #steps = 0;

  constructor(values: Float32Array) {
    this.#values = values;
    this.#mean = new Float32Array(values.length);
    this.#square = new Float32Array(values.length);
  }

  step(gradient: Float32Array, rate: number): void {
    const [values, mean, square] = [this.#values, this.#mean, this.#square];
    this.#steps++;
    const by = rate / (1 - BETA1 ** this.#steps);
    const correction = 1 / (1 - BETA2 ** this.#steps);
    for (let i = 0; i < values.length; i++) {
      const g = gradient[i] as number;
      const m = BETA1 * (mean[i] as number) + (1 - BETA1) * g;
      const v = BETA2 * (square[i] as number) + (1 - BETA2) * g * g;
      mean[i] = m;
      square[i] = v;
      values[i] = (values[i] as number) - (by * m) / (Math.sqrt(v * correction) + EPSILON);
    }
  }
}
