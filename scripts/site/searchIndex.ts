import MiniSearch from "minisearch";
import type { Section } from "../markdown/renderMarkdown.ts";
import { type Found, INDEX_NAME, SEARCH_OPTIONS } from "./searchOptions.ts";

/** A page with what is found in it. */
export interface SearchedPage {
  readonly path: string;
  readonly title: string;
  readonly sections: readonly Section[];
}

/** So many letters of a section stand in the list of results. */
const EXCERPT_LETTERS = 140;

/** A script that leaves the index of all pages, as JSON, where the page reads it: scripts are read from a disk, too. */
export function searchScript(pages: readonly SearchedPage[]): string {
  const index = new MiniSearch<Found>(SEARCH_OPTIONS);
  index.addAll(pages.flatMap(foundIn));
  const json = JSON.stringify(JSON.stringify(index));
  return `globalThis.${INDEX_NAME} = ${json.replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029")};\n`;
}

const foundIn = ({ path, title, sections }: SearchedPage): Found[] =>
  sections.map(({ heading, anchor, text }) => ({
    ...{ id: anchor === "" ? path : `${path}#${anchor}`, page: title },
    ...{ heading: heading || title, text, excerpt: excerptOf(text) },
  }));

/** The beginning of a text, cut between words. */
function excerptOf(text: string): string {
  if (text.length <= EXCERPT_LETTERS) return text;
  const at = text.lastIndexOf(" ", EXCERPT_LETTERS);
  return `${text.slice(0, at > 0 ? at : EXCERPT_LETTERS)} ...`;
}
