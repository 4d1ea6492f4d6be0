/** Does work in the order in which it is handed in: at once while nothing is awaited, else behind what is. */
export class WorkQueue {
  /** The end of what is awaited; null where nothing is. */
  #tail: Promise<void> | null = null;
  #failed: { readonly error: unknown } | null = null;

  /** Work that others wait for until it is done. Where it cannot begin at once, `throwIfFailed` throws what it throws. */
  add(work: () => void | Promise<void>): void {
    const done = this.#tail === null ? work() : this.#tail.then(work);
    if (done === undefined) return;
    const tail = done
      .catch((error: unknown) => {
        this.#failed ??= { error };
      })
      .then(() => {
        if (this.#tail === tail) this.#tail = null;
      });
    this.#tail = tail;
  }

  /** Work whose result others need not wait for, once it has begun. */
  ask<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#tail === null) return work();
    return new Promise((resolve, reject) => {
      this.add(() => {
        work().then(resolve, reject);
      });
    });
  }

  /** Throws what failed first since the last call. */
  throwIfFailed(): void {
    const failed = this.#failed;
    this.#failed = null;
    if (failed !== null) throw failed.error;
  }
}
