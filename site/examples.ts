import type { LiveInput } from "./messages.ts";

/** A text that shows something of the bundled model. */
interface Example extends LiveInput {
  /** What to look at. */
  readonly about: string;
}

/** The texts that the live page offers; the first is there when a link brings none. */
export const EXAMPLES: readonly [Example, ...Example[]] = [
  {
    text: "7+5-3+8=?",
    as: "chat",
    about: "A sum that it thinks through, step by step, before it answers.",
  },
  { text: "347+285=?", as: "chat", about: "Column addition, digit by digit." },
  {
    text: "Tell me a story about Lily the owl and a red kite.",
    as: "chat",
    about: "Names of the prompt are copied by induction heads.",
  },
  { text: "寫一首有「月」字的詩。", as: "chat", about: "Experts that poems prefer." },
  { text: "Define river.", as: "chat", about: "Experts that definitions prefer." },
  {
    text: "sea ship whale deck sea ship whale deck",
    as: "text",
    about: "A repeated phrase: induction heads are strongest here.",
  },
  { text: "And God said", as: "text", about: "The Bible's language." },
  { text: "export function ", as: "text", about: "Code." },
];
