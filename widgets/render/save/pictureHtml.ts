import { escapeHtml } from "../../../kernel/display/escapeHtml.ts";
import { modelSentence } from "../../offline/modelSentence.ts";
import { type OfflinePicture, offlinePage, picturePlace } from "../../offline/page.ts";
import type { PictureAbout } from "../aboutRuns.ts";
import { viewSource } from "../viewSource.ts";

interface HtmlOptions extends Pick<OfflinePicture, "esm" | "kept" | "svg" | "text"> {
  readonly name: string;
  /** With `about`, as `Picture` has it. */
  readonly state: object;
}

const STYLES = `
main, footer { max-width: 76rem; margin: 0 auto; padding: 1rem 1.25rem; }
.picture[data-live] { border: 1px solid var(--faint); border-radius: 8px; }
.picture > p { padding: 0 1rem; color: var(--muted); font-size: .8125rem; }
footer { color: var(--muted); font-size: .8125rem; padding-top: 0; }
footer p { margin: .15rem 0; overflow-wrap: anywhere; }`;

/** A picture as a file of its own: below it stands what made it. */
export function pictureHtml({ name, state, ...shown }: HtmlOptions): string {
  const picture = { ...shown, id: name, view: name, state: { ...state } };
  const { about } = state as { readonly about?: PictureAbout };
  const facts = about === undefined ? [] : factsOf(about);
  const lines = facts.map((fact) => `<p>${escapeHtml(fact)}</p>`).join("\n");
  return offlinePage({
    ...{ title: name, styles: STYLES, pictures: [picture], host: viewSource("offline") },
    body: `<main>\n<h1 class="unseen">${escapeHtml(name)}</h1>\n${picturePlace(picture)}\n</main>\n<footer>\n${lines}\n</footer>`,
  });
}

function factsOf({ version, models }: PictureAbout): string[] {
  const said = models.map(({ hash, backend, ...model }) =>
    modelSentence({ ...model, checkpoint: hash, computedBy: [backend] }),
  );
  return [`A picture of Vitrine ${version}.`, ...new Set(said)];
}
