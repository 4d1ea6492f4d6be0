/**
 * Which token of another text each token is, by a longest common subsequence: no two texts have more pairs that go on in both.
 * @param own (T) ids
 * @param other (S) ids
 * @returns (T) positions in `other`, ascending where they are not -1: a token without a partner
 * @see Myers, An O(ND) Difference Algorithm and Its Variations, 1986: section 4b, in memory linear in T + S
 */
export function alignTokens(own: readonly number[], other: readonly number[]): Int32Array {
  const partners = new Int32Array(own.length).fill(-1);
  // What the other text has nowhere has no partner, and texts that share little are soon compared.
  const [kept, keptOther] = [sharedOnly(own, other), sharedOnly(other, own)];
  const [a, b] = [kept.map((i) => own[i] as number), keptOther.map((i) => other[i] as number)];
  const forward = new Int32Array(a.length + b.length + 9);
  const search = { a, b, forward, backward: forward.slice(), centre: forward.length >> 1 };
  pair(search, [0, a.length, 0, b.length], (x, y) => {
    partners[kept[x] as number] = keptOther[y] as number;
  });
  return partners;
}

interface Search {
  readonly a: readonly number[];
  readonly b: readonly number[];
  /** How far paths have come in `a` from the beginning, and from the end, on each diagonal about `centre`; -1: none is there. */
  readonly forward: Int32Array;
  readonly backward: Int32Array;
  readonly centre: number;
}

/** Of `a` from and to, of `b` from and to. */
type Box = readonly [number, number, number, number];

/** Places of ids that the other text has too. */
function sharedOnly(ids: readonly number[], other: readonly number[]): number[] {
  const known = new Set(other);
  return ids.flatMap((id, i) => (known.has(id) ? [i] : []));
}

function pair(search: Search, box: Box, onPair: (x: number, y: number) => void): void {
  const { a, b } = search;
  let [x0, x1, y0, y1] = box;
  while (x0 < x1 && y0 < y1 && a[x0] === b[y0]) onPair(x0++, y0++);
  while (x0 < x1 && y0 < y1 && a[x1 - 1] === b[y1 - 1]) onPair(--x1, --y1);
  if (x0 === x1 || y0 === y1) return;
  const [from, to] = middle(search, [x0, x1, y0, y1]);
  pair(search, [x0, from.x, y0, from.y], onPair);
  for (let i = 0; i < to.x - from.x; i++) onPair(from.x + i, from.y + i);
  pair(search, [to.x, x1, to.y, y1], onPair);
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Both ends of the diagonal in the middle of a shortest path through a box, whose first and last tokens differ. */
function middle({ a, b, forward, backward, centre }: Search, box: Box): readonly [Point, Point] {
  const [x0, x1, y0, y1] = box;
  const [n, m] = [x1 - x0, y1 - y0];
  const delta = n - m;
  const isOdd = delta % 2 !== 0;
  forward.fill(-1, centre - 2, centre + 3);
  backward.fill(-1, centre - 2, centre + 3);
  for (let d = 0; ; d++) {
    for (const side of [forward, backward]) {
      side[centre + d + 1] = -1;
      side[centre - d - 1] = -1;
      for (let k = -d; k <= d; k += 2) {
        const begin = d === 0 ? 0 : step(side, centre + k, k, n, m);
        let x = begin;
        if (side === forward)
          while (x >= 0 && x < n && x - k < m && a[x0 + x] === b[y0 + x - k]) x++;
        else while (x >= 0 && x < n && x - k < m && a[x1 - 1 - x] === b[y1 - 1 - x + k]) x++;
        side[centre + k] = x;
        // The other side's paths are one step shorter while the beginning's are taken.
        const within = side === forward ? d - 1 : d;
        const across = delta - k;
        if (x < 0 || isOdd !== (side === forward) || Math.abs(across) > within) continue;
        const met = (side === forward ? backward : forward)[centre + across] as number;
        if (met < 0 || x + met < n) continue;
        const [near, far] = [
          { x: begin, y: begin - k },
          { x, y: x - k },
        ] as const;
        return side === forward
          ? [at(x0, y0, near, 1), at(x0, y0, far, 1)]
          : [at(x1, y1, far, -1), at(x1, y1, near, -1)];
      }
    }
  }
}

/** The farthest place on a diagonal that a step from its neighbours reaches within the box; -1: none. */
function step(side: Int32Array, place: number, k: number, n: number, m: number): number {
  const down = side[place + 1] as number;
  const before = side[place - 1] as number;
  const right = before < 0 || before + 1 > n ? -1 : before + 1;
  return Math.max(right, down < 0 || down - k > m ? -1 : down);
}

const at = (x: number, y: number, by: Point, sign: 1 | -1): Point => ({
  x: x + sign * by.x,
  y: y + sign * by.y,
});
