/** A part of a worker's log that is an object of its own, as logs grow and objects do not: whole lines, from one byte to another. */
export interface LogSegment {
  /** The log's name without .jsonl. */
  readonly worker: string;
  readonly from: number;
  /** The byte behind its last. */
  readonly to: number;
}

const DIGITS = 15;
const padded = (byte: number): string => String(byte).padStart(DIGITS, "0");

/** The same bytes have the same name, whoever puts them: nobody can write another's segment over. By name they stand in the log's place. */
export const segmentName = ({ worker, from, to }: LogSegment): string =>
  `${worker}.${padded(from)}-${padded(to)}.jsonl`;

/** Null for the name of a log that is whole. */
export function segmentOf(name: string): LogSegment | null {
  const [, worker, from, to] = /^(.+)\.(\d{15,})-(\d{15,})\.jsonl$/.exec(name) ?? [];
  return worker === undefined ? null : { worker, from: Number(from), to: Number(to) };
}

/** How many bytes of a worker's log, from its beginning, are in segments. */
export function covered(worker: string, names: Iterable<string>): number {
  const own = [...names].map(segmentOf).filter((it) => it?.worker === worker) as LogSegment[];
  let end = 0;
  for (const { from, to } of own.sort((a, b) => a.from - b.from))
    if (from <= end) end = Math.max(end, to);
  return end;
}
