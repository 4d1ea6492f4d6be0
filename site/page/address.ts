import { EXAMPLES } from "../examples.ts";
import type { BackendWish, LiveInput, ReadAs } from "../messages.ts";
import { FIRST_PICTURES, isPictureName, type PictureName } from "../pictures.ts";

/** How the page is coloured: as the system says, or as chosen. */
export type ThemeWish = "auto" | "light" | "dark";

/** What a link to the page says; it stands behind "#", so that no server ever reads it. */
export interface LiveAddress extends LiveInput {
  /** Pictures that are open, in their order. */
  readonly show: readonly PictureName[];
  readonly backend: BackendWish;
  readonly theme: ThemeWish;
  /** Whether the page stands inside of another one. */
  readonly isEmbedded: boolean;
}

const AS: readonly ReadAs[] = ["chat", "text"];
const BACKENDS: readonly BackendWish[] = ["auto", "webgpu", "wasm"];
const THEMES: readonly ThemeWish[] = ["auto", "light", "dark"];

/** Reads what stands behind "#"; what it does not say, or says in words that are none, is as on a first visit. */
export function readAddress(hash: string): LiveAddress {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const [first] = EXAMPLES;
  const text = given.get("text");
  const shown = given.get("show");
  const show = shown?.split(",").filter(isPictureName) ?? [];
  return {
    text: text ?? first.text,
    as: oneOf(AS, given.get("as"), text === null ? first.as : "text"),
    show: show.length > 0 || shown === "" ? show : FIRST_PICTURES,
    backend: oneOf(BACKENDS, given.get("backend"), "auto"),
    theme: oneOf(THEMES, given.get("theme"), "auto"),
    isEmbedded: given.has("embedded"),
  };
}

/** The same as it stands behind "#". */
export function writeAddress(address: LiveAddress): string {
  const { text, as, show, backend, theme, isEmbedded } = address;
  const said = new URLSearchParams({ text, as, show: show.join(",") });
  if (backend !== "auto") said.set("backend", backend);
  if (theme !== "auto") said.set("theme", theme);
  if (isEmbedded) said.set("embedded", "");
  return said.toString();
}

function oneOf<Word extends string>(words: readonly Word[], given: string | null, other: Word) {
  return words.find((word) => word === given) ?? other;
}
