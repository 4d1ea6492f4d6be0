/**
 * Tries `<stem><ext>`, then the numbered variants, until `create` succeeds; `create` must fail with EEXIST for a name
 * that is taken, so that two requests at once never get the same name.
 */
export async function createUnderFreeName(
  variant: (attempt: number) => string,
  create: (name: string) => Promise<void>,
): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    const name = variant(attempt);
    try {
      await create(name);
      return name;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code !== "EEXIST" && code !== "ERR_FS_CP_EEXIST") throw error;
    }
  }
}

/** `Untitled.ipynb`, `Untitled1.ipynb`, ...; folders get a space before the number. */
export function untitledName(
  type: "directory" | "file" | "notebook",
  extension: string,
): (attempt: number) => string {
  const stem = { directory: "Untitled Folder", file: "untitled", notebook: "Untitled" }[type];
  const gap = type === "directory" ? " " : "";
  return (attempt) => `${stem}${attempt === 0 ? "" : `${gap}${attempt}`}${extension}`;
}

function firstDot(name: string): number {
  const dot = name.indexOf(".", 1);
  return dot < 0 ? name.length : dot;
}

/**
 * `a-Copy1.txt`, `a-Copy2.txt`, ...; a copy of a copy counts on instead of growing. `archive.tar.gz` has one extension of
 * two parts, a notebook's name none but its last.
 */
export function copyName(name: string): (attempt: number) => string {
  const extension = name.endsWith(".ipynb") ? ".ipynb" : name.slice(firstDot(name));
  const stem = name.slice(0, name.length - extension.length).replace(/-Copy\d*$/, "");
  return (attempt) => `${stem}-Copy${attempt + 1}${extension}`;
}
