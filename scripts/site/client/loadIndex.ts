import MiniSearch from "minisearch";
import { type Found, INDEX_NAME, SEARCH_OPTIONS } from "../searchOptions.ts";

let loading: Promise<MiniSearch<Found>> | undefined;

/** The index of the site, which is read when somebody first searches. @param root address of the site's first folder, from the page */
export function loadIndex(root: string): Promise<MiniSearch<Found>> {
  loading ??= new Promise<void>((resolve, reject) => {
    const script = document.createElement("script");
    script.src = `${root}search.js`;
    script.onload = () => resolve();
    script.onerror = () => {
      loading = undefined; // asked again with the next letter
      reject(new Error(`search: expected the index at ${script.src}, got nothing. Try again.`));
    };
    document.head.append(script);
  }).then(() => {
    const json = (globalThis as unknown as Record<string, string>)[INDEX_NAME] ?? "";
    return MiniSearch.loadJSON<Found>(json, SEARCH_OPTIONS);
  });
  return loading;
}
