import { existsSync } from "node:fs";
import { posix } from "node:path";
import { inRepository } from "../build/repository.ts";
import type { Addresses } from "../markdown/renderMarkdown.ts";

const PICTURE = /\.(png|svg)$/;

/** An address between two files of the site, from the folder of the first. */
export const relativeAddress = (from: string, to: string): string =>
  posix.relative(posix.dirname(from), to);

/** The addresses that a document of the repository names, as they are in the site. */
export interface SiteAddresses extends Addresses {
  /** Pictures that were named, by their path in the repository, with their path in the site. */
  readonly pictures: ReadonlyMap<string, string>;
}

/**
 * @param source path of the document in the repository
 * @param path of its page in the site
 * @param pages all pages of the site by the path of their source
 */
export function siteAddresses(
  source: string,
  path: string,
  pages: ReadonlyMap<string, string>,
): SiteAddresses {
  const pictures = new Map<string, string>();
  const fileOf = (address: string): string =>
    posix.normalize(posix.join(posix.dirname(source), decodeURIComponent(address)));
  return {
    pictures,
    link: (href) => {
      if (/^(?:https?:|mailto:|#)/.test(href)) return href;
      const [file = "", anchor] = href.split("#");
      const page = pages.get(fileOf(file));
      if (page === undefined) return null;
      return relativeAddress(path, page) + (anchor === undefined ? "" : `#${anchor}`);
    },
    picture: (address) => {
      const file = fileOf(address);
      if (!PICTURE.test(file) || !existsSync(inRepository(file))) return null;
      const at = `pictures/${file.replace(/^docs\/(pictures\/)?/, "").replaceAll("/", "-")}`;
      pictures.set(file, at);
      return relativeAddress(path, at);
    },
  };
}
