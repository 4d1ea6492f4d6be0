import type { SelectionBus } from "../render/selection.ts";
import type { AlignedColumn } from "../routing/comparedRoutes.ts";
import type { ComparisonPage, ComparisonPlace } from "./page.ts";

/** The selections of the pictures of both runs as one: a token of both texts is pointed at in both, at its place in each. */
export function bothSelections(
  buses: readonly [SelectionBus, SelectionBus],
  columns: readonly AlignedColumn[],
): {
  readonly buses: readonly SelectionBus[];
  hover(part: Partial<ComparisonPlace> | null): void;
  pin(part: Partial<ComparisonPlace>): void;
  clear(): void;
  pinned(): ComparisonPage["pinned"];
  /** The places that pictures of either run point at, or have pinned. */
  said(): Partial<ComparisonPlace>;
  /** Is told of the places that pictures of either run point at. */
  subscribe(listener: (part: Partial<ComparisonPlace>) => void, signal: AbortSignal): void;
} {
  const whichOf = ["own", "other"] as const;
  const columnOf = whichOf.map(
    (which) => new Map(columns.map((column, i) => [column[which], i] as const)),
  );
  // A run beside itself has one bus.
  const own = new Set(buses);
  const selectionOf = (part: Partial<ComparisonPlace>, run: number) => {
    const token = part.column === undefined ? -1 : tokenOf(part.column, run);
    return {
      token: token < 0 ? null : token,
      layer: part.layer ?? null,
      head: part.head ?? null,
      expert: part.expert ?? null,
    };
  };
  function tokenOf(column: number, run: number): number {
    return columns[column]?.[whichOf[run] ?? "own"] ?? -1;
  }
  type Selected = NonNullable<SelectionBus["state"]["hovered"]>;
  const partOf = ({ token, layer, head, expert }: Selected, run: number) => ({
    column: token === null ? null : (columnOf[run]?.get(token) ?? null),
    ...{ layer, head, expert, part: null },
  });

  function saidIn({ hovered, pinned }: SelectionBus["state"], run: number) {
    const said = hovered ?? pinned;
    const part = said ? partOf(said, run) : {};
    return Object.fromEntries(Object.entries(part).filter(([, value]) => value !== null));
  }

  return {
    buses,
    hover(part) {
      [...own].forEach((bus, run) => {
        bus.hover(part && selectionOf(part, run));
      });
    },
    pin(part) {
      [...own].forEach((bus, run) => {
        bus.pin(selectionOf(part, run));
      });
    },
    clear() {
      for (const bus of own) {
        bus.hover(null);
        bus.pin(null);
      }
    },
    pinned() {
      const parts = buses.flatMap(({ state: { pinned } }, run) =>
        pinned === null ? [] : [partOf(pinned, run)],
      );
      // A run that lacks the token has pinned everything but it.
      return parts.find(({ column }) => column !== null) ?? parts[0] ?? null;
    },
    said() {
      const [a, b] = buses.map((bus, run) => saidIn(bus.state, run));
      return { ...b, ...a };
    },
    subscribe(listener, signal) {
      [...own].forEach((bus, run) => {
        bus.subscribe((state) => {
          listener(saidIn(state, run));
        }, signal);
      });
    },
  };
}
