import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { removeBuffers } from "../../kernel/display/buffers.ts";
import { escapeHtml } from "../../kernel/display/escapeHtml.ts";

/** What a page without a kernel carries of something that responds. */
export interface OfflineView {
  /** Tells those of a page apart. */
  readonly id: string;
  /** The view's name, as in dist/views, and its code. */
  readonly view: string;
  readonly esm: string;
  /** JSON with ArrayBuffers or views anywhere in it. */
  readonly state: Readonly<Record<string, unknown>>;
  /** What `keepAnswers` gave; may be empty. */
  readonly kept: Uint8Array;
}

/** A picture as such a page carries it. */
export interface OfflinePicture extends OfflineView {
  /** The static picture, which stands there until the live one does. */
  readonly svg: string;
  readonly text: string;
}

export interface OfflinePage {
  readonly title: string;
  /** Style rules beside those of every page. */
  readonly styles?: string;
  /** HTML, with a `picturePlace` where a picture is to stand. */
  readonly body: string;
  readonly pictures: readonly OfflineView[];
  /** `viewSource("offline")`: the code that brings the pictures to life. */
  readonly host: string;
}

/** Style rules of every page with pictures. */
export const OFFLINE_STYLES = `:root { color-scheme: light dark; --ink: #1f2328; --muted: #5b636d; --faint: #dfe3e8; --ground: #ffffff; --soft: #f3f4f6; --link: #1764ab; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e7eb; --muted: #9aa4b0; --faint: #343b45; --ground: #15181d; --soft: #1f242b; --link: #7fbdec; }
}
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.6 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
.unseen { position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.picture { min-width: 0; overflow-x: auto; }
.picture > img { max-width: 100%; height: auto; display: block; }`;

/**
 * Where a picture stands in the body of a page: as its image, until the page has brought it to life. The heading that nobody sees
 * keeps the picture's own in order, and lets screen readers go from picture to picture.
 */
export const picturePlace = (picture: OfflinePicture): string =>
  viewPlace(picture, imageOf(picture.svg, picture.text));

/** The same for what has no image. @param still HTML that stands there until then */
export const viewPlace = ({ id, view }: OfflineView, still: string): string =>
  `<h2 class="unseen">Picture: ${escapeHtml(view)}</h2><div class="picture" data-picture="${escapeHtml(id)}" data-view-name="${escapeHtml(view)}">${still}</div>`;

/** An SVG as an image, where no script of it runs. */
export const imageOf = (svg: string, text: string): string =>
  `<img alt="${escapeHtml(text)}" src="data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}">`;

/**
 * What a page of several that share their code carries of its pictures, to stand at the end of its body. The page's policy has to let
 * scripts of its own origin run.
 * @param folder address of the folder with `offline.js` and the views by their names, from the page
 */
export function sharedParts(pictures: readonly OfflineView[], folder: string): string {
  if (pictures.length === 0) return "";
  const file = (name: string): string => `${folder}/${name}.js`;
  const views = [...new Set(pictures.map(({ view }) => view))];
  return [
    ...views.map((view) => viewScript(view, { at: file(view) })),
    ...pictures.map((picture) => dataScript("data-state", picture.id, savedState(picture))),
    `<script type="module" src="${escapeHtml(file("offline"))}"></script>`,
  ].join("\n");
}

/**
 * One HTML file that needs no network and can reach none: code, state and kept answers of its pictures are in it. Its
 * Content-Security-Policy lets no other script run than the page's own and the views that it starts.
 */
export function offlinePage({ title, styles = "", body, pictures, host }: OfflinePage): string {
  const views = new Map(pictures.map(({ view, esm }) => [view, esm]));
  const code = host.replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--");
  const parts = [
    ...[...views].map(([view, esm]) => viewScript(view, { esm })),
    ...pictures.map((picture) => dataScript("data-state", picture.id, savedState(picture))),
  ];
  const script = pictures.length === 0 ? "" : `<script type="module">${code}</script>\n`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(code)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>
${OFFLINE_STYLES}
${styles}
</style>
</head>
<body>
${body}
${parts.join("\n")}
${script}</body>
</html>
`;
}

function policy(code: string): string {
  const hash = createHash("sha256").update(code).digest("base64");
  return [
    "default-src 'none'",
    `script-src 'sha256-${hash}' blob:`,
    "style-src 'unsafe-inline'",
    "img-src data: blob:",
    "font-src data:",
    "media-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

const dataScript = (attribute: string, name: string, json: string): string =>
  `<script type="application/json" ${attribute}="${escapeHtml(name)}">${json.replaceAll("<", "\\u003c")}</script>`;

/** The code of a view: compressed, a third of its bytes; or where it lies. */
function viewScript(
  view: string,
  code: { readonly esm: string } | { readonly at: string },
): string {
  const [at, packed] =
    "at" in code
      ? [` data-at="${escapeHtml(code.at)}"`, ""]
      : ["", gzipSync(code.esm).toString("base64")];
  return `<script type="application/gzip" data-view="${escapeHtml(view)}"${at}>${packed}</script>`;
}

function savedState({ state, kept }: OfflineView): string {
  const split = removeBuffers({ ...state, kept });
  return JSON.stringify({
    state: split.state,
    buffers: split.buffers.map((bytes, i) => ({
      path: split.bufferPaths[i],
      data: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64"),
    })),
  });
}
