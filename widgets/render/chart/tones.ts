/**
 * Colours of groups, on light and on dark ground: a hue for each group, its members by lightness. Hues are few, so that none
 * is used again for something else; what they stand for is written beside them.
 */
const TONES = {
  blue0: ["#1764ab", "#5aa9e0"],
  blue1: ["#5596cd", "#2f6c9c"],
  blue2: ["#a6c9e8", "#a8d4f2"],
  green0: ["#176b4d", "#3fb58a"],
  green1: ["#43a07c", "#246b52"],
  green2: ["#86c9ad", "#93dcc0"],
  green3: ["#7c9a3e", "#6f9a5c"],
  purple0: ["#6f4596", "#b48be0"],
  purple1: ["#b795d4", "#6c4d92"],
  rose0: ["#b3336a", "#ee86b0"],
  grey0: ["#77808a", "#9aa4b0"],
  grey1: ["#bcc3ca", "#56606b"],
} as const;

export type Tone = keyof typeof TONES;

/** Tones of lines that have no group in common, in the order in which they are given away. */
export const LINE_TONES: readonly Tone[] = ["blue0", "rose0", "green0", "purple0", "grey0"];

/** Rules that set the colour of what has a tone's name as its class; paths take it up as `currentColor`. */
export function toneRules(theme: "light" | "dark"): string {
  return Object.entries(TONES)
    .map(([tone, [light, dark]]) => `.${tone}{color:${theme === "light" ? light : dark}}`)
    .join("");
}
