import type { AskKernel } from "../askKernel.ts";
import type { Theme } from "../theme.ts";
import { drawingOf } from "./drawing.ts";
import { type MenuItem, menuButton } from "./menuButton.ts";
import { pngOf } from "./pngOf.ts";

interface SaveMenuOptions {
  readonly root: HTMLElement;
  readonly title: string;
  readonly theme: () => Theme;
  readonly ask: AskKernel;
  readonly announce: (text: string) => void;
  readonly signal: AbortSignal;
}

/** The button "Save" with its menu: the picture as it is on the screen, and the numbers behind it from the kernel. */
export function saveMenu(options: SaveMenuOptions): HTMLElement {
  const { root, title, theme, ask, announce, signal } = options;
  const stem = title.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-");

  const save = (blob: Blob, ending: string): undefined => {
    download(blob, `${stem}${ending}`);
    announce(`Saved ${stem}${ending}`);
  };
  const saveTable = async (name: string, isOnly: boolean): Promise<undefined> => {
    const blob = await fileOf(ask, "csv", "text/csv", { table: name });
    return save(blob, isOnly ? ".csv" : `-${name.replaceAll(" ", "-")}.csv`);
  };
  const chooseTable = async (): Promise<readonly MenuItem[] | undefined> => {
    const { tables } = (await ask("tables", {})).content as { tables: readonly string[] };
    const [first] = tables;
    if (first === undefined) throw new Error("There are no numbers behind this picture.");
    if (tables.length === 1) return saveTable(first, true);
    return tables.map((name) => ({
      label: `CSV: ${name}`,
      title: `The table "${name}", whole`,
      act: () => saveTable(name, false),
    }));
  };

  return menuButton(
    "Save",
    "Save this picture, or the numbers behind it",
    [
      {
        label: "PNG image",
        title: "What is on the screen, twice as dense",
        act: async () => save(await pngOf(drawingOf(root, theme())), ".png"),
      },
      {
        label: "SVG drawing",
        title: "What is on the screen, with text as text",
        act: async () =>
          save(new Blob([drawingOf(root, theme()).svg], { type: "image/svg+xml" }), ".svg"),
      },
      {
        label: "CSV numbers",
        title: "The numbers behind the picture, whole and exact",
        act: chooseTable,
      },
      {
        label: "HTML page",
        title: "One file with the picture, which responds without a kernel or a network",
        act: async () => save(await fileOf(ask, "html", "text/html", {}), ".html"),
      },
    ],
    signal,
  );
}

/** A file that the kernel makes, asked for part by part. */
async function fileOf(
  ask: AskKernel,
  form: string,
  type: string,
  what: Readonly<Record<string, unknown>>,
): Promise<Blob> {
  const parts: ArrayBuffer[] = [];
  let nParts = 1;
  for (let part = 0; part < nParts; ) {
    const { content, buffers } = await ask("file", { ...what, form, part });
    if (content.isComing === true) continue;
    nParts = Number(content.nParts);
    parts.push(...buffers);
    part += 1;
  }
  return new Blob(parts, { type });
}

function download(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the browser reads it after this turn
}
