import { button } from "../render/controls.ts";
import { element } from "../render/element.ts";
import { createField } from "./field.ts";
import type { Place } from "./matrixPicture.ts";

/** Token, column and a number: what is written into the site at the press of Enter. */
export function createWriteForm(options: {
  readonly onChoose: (place: Partial<Place>) => void;
  readonly onWrite: (number: number) => Promise<string | null>;
}): {
  readonly element: HTMLElement;
  show(place: { readonly row: number; readonly column: number; readonly position: number }): void;
  focus(): void;
} {
  let start = 0;
  const token = createField("token", { type: "number", min: 0, size: 5 });
  const column = createField("column", { type: "number", min: 0, size: 5 });
  const number = createField("number", { type: "text", inputmode: "decimal", size: 12 });
  const write = async (): Promise<void> => {
    const typed = number.input.value.trim();
    const value = typed === "" ? Number.NaN : Number(typed);
    if (!Number.isFinite(value)) {
      number.refuse("Expected a number, such as -0.25.");
      return;
    }
    const problem = await options.onWrite(value);
    if (problem === null) number.input.value = "";
    number.refuse(problem ?? "");
  };
  token.input.addEventListener("change", () =>
    options.onChoose({ row: Math.max(0, Math.round(Number(token.input.value)) - start) }),
  );
  column.input.addEventListener("change", () =>
    options.onChoose({ column: Math.max(0, Math.round(Number(column.input.value))) }),
  );
  number.input.addEventListener("keydown", (e) => {
    if (e.key === "Enter") void write();
  });
  number.input.addEventListener("input", () => number.refuse(""));
  return {
    element: element(
      "div",
      { class: "vt-write", role: "group", "aria-label": "Write a number" },
      token.element,
      column.element,
      number.element,
      button("Write", "Write the number into the value; going on uses it", () => void write()),
      number.message,
    ),
    show({ row, column: at, position }) {
      start = position - row;
      if (document.activeElement !== token.input) token.input.value = String(position);
      if (document.activeElement !== column.input) column.input.value = String(at);
    },
    focus: () => number.input.focus(),
  };
}
