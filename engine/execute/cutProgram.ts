import { editError } from "../act/checkEdit.ts";
import type { Cut } from "../act/cuts.ts";
import type { Plan } from "../plan/plan.ts";
import type { Program } from "./bindPlan.ts";
import { cutPlaces } from "./cutPlaces.ts";
import { stretchesOf } from "./stretches.ts";

/** Operators up to a place where the host changes a value, and which of the cuts do so. */
export interface ProgramPiece {
  readonly program: Program;
  /** Places in the list of cuts, in order; none behind the last piece. */
  readonly cuts: readonly number[];
}

const known = new WeakMap<Program, Map<string, readonly ProgramPiece[]>>();

/**
 * A batch's program in pieces, between which functions of the host take values through; the same pieces each time: backends prepare programs once.
 * @throws InputError ERR_EDIT for a value that is another sequence's before all have gone through it
 */
export function cutProgram(
  plan: Plan,
  program: Program,
  cuts: readonly Cut[],
): readonly ProgramPiece[] {
  if (cuts.length === 0) return [{ program, cuts: [] }];
  const places = cutPlaces(plan, cuts).map(({ number, index }) => ({
    cut: number,
    end: index + 1,
  }));
  const key = JSON.stringify(places);
  const ofProgram = known.get(program) ?? new Map<string, readonly ProgramPiece[]>();
  known.set(program, ofProgram);
  const before = ofProgram.get(key);
  if (before !== undefined) return before;
  const pieces: ProgramPiece[] = [];
  let start = 0;
  const { operators, kept } = program;
  for (const end of new Set(places.map((place) => place.end))) {
    const here = places.flatMap((place) => (place.end === end ? [place.cut] : []));
    checkPlace(program, end, cuts[here[0] as number] as Cut);
    pieces.push({ program: { operators: operators.slice(start, end), kept }, cuts: here });
    start = end;
  }
  pieces.push({ program: { operators: operators.slice(start), kept }, cuts: [] });
  ofProgram.set(key, pieces);
  return pieces;
}

function checkPlace(program: Program, end: number, { what, target }: Cut): void {
  let at = 0;
  for (const { way, operators } of stretchesOf(program)) {
    const next = at + operators.length;
    if (way === "inTurn" && end > at && end < next)
      throw editError(
        what,
        "a value of all prompts, for prompts together",
        `${target.site.name}, which lies in the same place for each of them`,
        "Make this edit in runs and generations alone.",
      );
    at = next;
  }
}
