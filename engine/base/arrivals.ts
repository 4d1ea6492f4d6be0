/** Results of promises in the order in which they come, each to be taken once. */
export class Arrivals<Result> {
  readonly #come: Promise<Result>[] = [];
  #tell: (() => void) | null = null;

  /** From now on the promise is waited for. */
  expect(promise: Promise<Result>): void {
    const arrive = () => {
      this.#come.push(promise);
      this.#tell?.();
    };
    promise.then(arrive, arrive);
  }

  /** The result that came first of those that nobody has taken, once there is one; rejects with what a promise rejects with. */
  async next(): Promise<Result> {
    if (this.#come.length === 0)
      await new Promise<void>((resolve) => {
        this.#tell = resolve;
      });
    this.#tell = null;
    return this.#come.shift() as Promise<Result>;
  }
}
