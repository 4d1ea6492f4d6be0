import { checkOptions, type OptionNames } from "../../base/checkOptions.ts";
import { multipleChoice } from "../scorers/multipleChoice.ts";
import type { Task } from "../task.ts";
import { checkWhole, Drawing } from "./drawing.ts";

/** Which gaps are to be filled. */
export interface ClozeOptions {
  /** Things to choose from, 2 to 8. Default 4. */
  readonly choices?: number;
  /** How many stories. Default 100. */
  readonly n?: number;
  /** Default 0. */
  readonly seed?: number;
}

const CLOZE_OPTIONS: OptionNames<ClozeOptions> = { choices: true, n: true, seed: true };

const NAMES = "Tom Anna Ben Lily Sam Mia Jack Zoe Max Ella Leo Ruby Finn Nora Otto Ivy".split(" ");
const ANIMALS = "fox owl cat dog bear hare frog goat duck mole crow seal wolf deer".split(" ");
const THINGS = "ball kite lamp drum boat cake book bell rope cup hat map key coin".split(" ");
const COLORS = "red blue green yellow white black golden silver".split(" ");
const PLACES = "forest river hill garden village cave beach barn bridge mill".split(" ");

interface Story {
  readonly story: string;
  readonly choices: readonly string[];
  readonly target: string;
}

/** Stories of which the last word is missing, to be chosen by log probability: it stood there before. @throws InputError ERR_OPTION */
export function clozeTask(options: ClozeOptions = {}): Task<Story> {
  checkOptions("clozeTask", options, CLOZE_OPTIONS);
  const { choices = 4, n = 100, seed = 0 } = options;
  checkWhole("clozeTask choices", choices, 2, 8);
  checkWhole("clozeTask n", n, 1, 100_000);
  checkWhole("clozeTask seed", seed, 0, Number.MAX_SAFE_INTEGER);
  const drawing = new Drawing(seed);
  return {
    name: `cloze ${choices}`,
    samples: Array.from({ length: n }, () => draw(drawing, choices)),
    prompt: ({ story }) => story,
    scorer: multipleChoice(),
  };
}

function draw(drawing: Drawing, nChoices: number): Story {
  const [name, owner] = drawing.sample(NAMES, 2);
  const [animal, friend] = drawing.sample(ANIMALS, 2);
  const [color, place] = [drawing.pick(COLORS), drawing.pick(PLACES)];
  const choices = drawing.sample(THINGS, nChoices);
  const target = drawing.pick(choices);
  const story = `One day ${name} the ${animal} found a ${color} ${target} in the ${place}. Soon ${name} met ${owner} the ${friend}. So ${name} and ${owner} shared the ${color}`;
  return { story, choices, target };
}
