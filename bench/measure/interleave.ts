import type { Contender } from "../contenders/contender.ts";
import type { Round } from "../contenders/protocol.ts";
import { otherLoad } from "./otherLoad.ts";

/** Of a core: what others may take while a round is counted. Ticks of 10 ms add as much again to a round of half a second. */
const MOST_OTHER_LOAD = 0.05;

export interface Measured {
  readonly contender: Contender;
  readonly rounds: readonly Round[];
  /** Rounds that are not counted, since others took more of the machine than they may. */
  readonly discarded: number;
  /** Cores that others kept busy in the counted rounds, at most; null where the system does not tell. */
  readonly otherCores: number | null;
}

/**
 * Rounds of all contenders in turn, until each has `count` that are counted or has had three times as many. On a machine that
 * is never quiet it counts the quietest of what there was, and says so by their load.
 */
export async function interleave(
  contenders: readonly Contender[],
  count: number,
  progress: (words: string) => void,
): Promise<Measured[]> {
  const seen = contenders.map((): { round: Round; cores: number | null }[] => []);
  const isQuiet = ({ cores }: { cores: number | null }) => (cores ?? 0) <= MOST_OTHER_LOAD;
  const isDone = (rounds: (typeof seen)[number]) =>
    rounds.filter(isQuiet).length >= count || rounds.length >= 3 * count;
  while (!seen.every(isDone))
    for (const [i, contender] of contenders.entries()) {
      const rounds = seen[i] as (typeof seen)[number];
      const { value: round, cores } = await otherLoad([process.pid, contender.pid], () =>
        contender.round(),
      );
      rounds.push({ round, cores });
      progress(`${contender.name}: round ${rounds.length}`);
    }
  return contenders.map((contender, i) => {
    const rounds = seen[i] as (typeof seen)[number];
    const quietest = rounds.toSorted((a, b) => (a.cores ?? 0) - (b.cores ?? 0)).slice(0, count);
    const loads = quietest.flatMap(({ cores }) => cores ?? []);
    return {
      contender,
      rounds: quietest.map(({ round }) => round),
      discarded: rounds.length - quietest.length,
      otherCores: loads.length > 0 ? Math.max(...loads) : null,
    };
  });
}
