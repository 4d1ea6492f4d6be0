import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";

const withoutEntities = (address: string): string => address.replaceAll("&amp;", "&");

/**
 * What a site's pages name and the site does not have: files, and anchors of pages. Addresses of other origins are not looked at.
 * @param out the site's folder
 * @returns a line for each, "docs/edits.html: nothing.html"; empty where every link leads somewhere
 */
export function brokenLinks(out: string): string[] {
  const files = readdirSync(out, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(out.length + 1)
        .replaceAll("\\", "/"),
    );
  const pages = new Map(
    files
      .filter((file) => file.endsWith(".html"))
      .map((file) => [file, withoutScripts(readFileSync(join(out, file), "utf8"))]),
  );
  const there = new Set(files);
  const anchors = new Map([...pages].map(([file, html]) => [file, anchorsOf(html)]));
  return [...pages].flatMap(([file, html]) =>
    addressesOf(html)
      .filter((address) => !/^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(address))
      .filter((address) => {
        const [path = "", anchor] = withoutEntities(address).split("#");
        const at = path === "" ? file : posix.join(posix.dirname(file), decodeURIComponent(path));
        if (!there.has(at)) return true;
        return anchor !== undefined && anchors.get(at)?.has(decodeURIComponent(anchor)) === false;
      })
      .map((address) => `${file}: ${address}`),
  );
}

/** Scripts that a page carries, whose text is none of the page. */
const withoutScripts = (html: string): string =>
  html.replace(/(<script\b[^>]*>)[\s\S]*?(?=<\/script>)/g, "$1");

const anchorsOf = (html: string): Set<string> =>
  new Set([...html.matchAll(/\sid="([^"]*)"/g)].map(([, id = ""]) => withoutEntities(id)));

const addressesOf = (html: string): string[] =>
  [...html.matchAll(/<[a-z]+\b[^>]*?\s(?:href|src|srcset|data-at)="([^"]*)"/g)].flatMap(([tag]) =>
    [...tag.matchAll(/\s(?:href|src|srcset|data-at)="([^"]*)"/g)].map(
      ([, address = ""]) => address,
    ),
  );
