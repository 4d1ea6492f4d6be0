/** What the memories of a backend may take together, and have taken. */
export class MemoryBudget {
  readonly maxBytes: number;
  takenBytes = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  get leftBytes(): number {
    return Math.max(0, this.maxBytes - this.takenBytes);
  }
}
