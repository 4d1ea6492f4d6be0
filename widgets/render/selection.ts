/** What is pointed at in the pictures of one run; null where a picture has nothing to say about it. */
interface Selection {
  readonly token: number | null;
  readonly layer: number | null;
  readonly head: number | null;
  readonly expert: number | null;
}

export interface SelectionState {
  /** Under the pointer or the keyboard's cell; gone when it leaves. */
  readonly hovered: Selection | null;
  /** Stays until unpinned. */
  readonly pinned: Selection | null;
}

export interface SelectionBus {
  readonly state: SelectionState;
  hover(selection: Partial<Selection> | null): void;
  /** Pins; pinning what is pinned already unpins it. */
  pin(selection: Partial<Selection> | null): void;
  /** Calls the listener at each change until the signal fires. */
  subscribe(listener: (state: SelectionState) => void, signal: AbortSignal): void;
}

const BUSES = Symbol.for("vitrine.selectionBuses");
const EMPTY: Selection = { token: null, layer: null, head: null, expert: null };

/** The page's bus of one run: every picture of the run gets the same one, whichever bundle it came from. */
export function selectionBus(runId: string): SelectionBus {
  const shared = globalThis as Record<symbol, unknown>;
  shared[BUSES] ??= new Map<string, SelectionBus>();
  const buses = shared[BUSES] as Map<string, SelectionBus>;
  const known = buses.get(runId);
  if (known) return known;
  const bus = createBus();
  buses.set(runId, bus);
  return bus;
}

/** The token to light: the hovered one, else the pinned one. */
export function litToken(state: SelectionState): number | null {
  return state.hovered?.token ?? state.pinned?.token ?? null;
}

/** A bus that no other picture has: of a picture without a run. It goes with the picture, where a run's stays for pictures to come. */
export function createBus(): SelectionBus {
  const listeners = new Set<(state: SelectionState) => void>();
  let state: SelectionState = { hovered: null, pinned: null };
  const change = (next: SelectionState): void => {
    if (same(next.hovered, state.hovered) && same(next.pinned, state.pinned)) return;
    state = next;
    for (const listener of [...listeners]) listener(state);
  };
  return {
    get state() {
      return state;
    },
    hover: (selection) => change({ ...state, hovered: selection && { ...EMPTY, ...selection } }),
    pin: (selection) => {
      const next = selection && { ...EMPTY, ...selection };
      change({ ...state, pinned: same(next, state.pinned) ? null : next });
    },
    subscribe: (listener, signal) => {
      listeners.add(listener);
      signal.addEventListener("abort", () => listeners.delete(listener));
    },
  };
}

function same(a: Selection | null, b: Selection | null): boolean {
  if (a === null || b === null) return a === b;
  return a.token === b.token && a.layer === b.layer && a.head === b.head && a.expert === b.expert;
}
