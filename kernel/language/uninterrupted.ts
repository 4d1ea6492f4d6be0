let depth = 0;

/** Runs code of the kernel's own that an interrupt must not end in the middle; it holds the thread for moments only. */
export function uninterrupted<Result>(run: () => Result): Result {
  depth += 1;
  try {
    return run();
  } finally {
    depth -= 1;
  }
}

/** Whether such code is on the stack. */
export function isUninterrupted(): boolean {
  return depth > 0;
}
