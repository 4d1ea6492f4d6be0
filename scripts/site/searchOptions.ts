import type { Options } from "minisearch";

/** A piece of a page that is found: what stands below one heading. */
export interface Found {
  /** Its address from the root of the site. */
  readonly id: string;
  readonly page: string;
  readonly heading: string;
  readonly text: string;
  /** The beginning of the text, for the list of results. */
  readonly excerpt: string;
}

/** The name under which the file with the index leaves it: JSON as text. */
export const INDEX_NAME = "vitrineSearchIndex";

/** The index as it is made and as it is read: both have to be told the same. */
export const SEARCH_OPTIONS: Options<Found> = {
  fields: ["heading", "page", "text"],
  storeFields: ["heading", "page", "excerpt"],
  searchOptions: {
    boost: { heading: 4, page: 2 },
    prefix: true,
    fuzzy: (term) => (term.length > 4 ? 0.2 : false),
    combineWith: "AND",
  },
};
