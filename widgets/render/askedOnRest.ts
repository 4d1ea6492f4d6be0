/** A pointer that rests so long on something wants to know more of it. */
const REST_MS = 60;

export interface AskedOnRest<Value> {
  /** What is known of a thing, or why it is not; undefined while nobody has told. */
  of(key: number): Value | string | undefined;
  /** A reader rests on a thing; null: on none. */
  rest(key: number | null): void;
  /** Asks at once, as where a reader opens something. */
  want(key: number): void;
}

export interface AskedOptions<Value> {
  readonly ask: (key: number) => Promise<Value>;
  readonly signal: AbortSignal;
  readonly onTold: (key: number) => void;
}

/** Asks for what belongs to a thing, once, when somebody rests on it; what failed is asked again when they come back to it. */
export function askedOnRest<Value>(options: AskedOptions<Value>): AskedOnRest<Value> {
  const { ask, signal, onTold } = options;
  const known = new Map<number, Value | string>();
  const asked = new Set<number>();
  let resting: ReturnType<typeof setTimeout> | undefined;
  let restsOn: number | null = null;
  signal.addEventListener("abort", () => clearTimeout(resting));

  function request(key: number): void {
    if (asked.has(key)) return;
    asked.add(key);
    ask(key)
      .then((value) => known.set(key, value))
      .catch((reason: unknown) => {
        known.set(key, reason instanceof Error ? reason.message : String(reason));
        asked.delete(key);
      })
      .finally(() => {
        if (!signal.aborted) onTold(key); // a view that was closed draws nothing any more
      });
  }

  return {
    of: (key) => known.get(key),
    rest(key) {
      clearTimeout(resting);
      const isNew = key !== restsOn; // what is drawn when an answer comes may say the same again
      restsOn = key;
      if (key !== null && (isNew || !known.has(key)))
        resting = setTimeout(() => request(key), REST_MS);
    },
    want: request,
  };
}
