import { element } from "../render/element.ts";

let nFields = 0;

/** A labelled input with a place for what is wrong with it. */
export interface Field {
  readonly element: HTMLElement;
  readonly input: HTMLInputElement;
  /** Stands where the form puts it. */
  readonly message: HTMLElement;
  /** Says what is wrong, or "" for nothing. */
  refuse(problem: string): void;
}

export function createField(
  label: string,
  attributes: Readonly<Record<string, string | number | boolean>>,
): Field {
  nFields += 1;
  const id = `vt-field-${nFields}-${Math.random().toString(36).slice(2)}`;
  const input = element("input", { id, class: "vt-input", autocomplete: "off", ...attributes });
  const message = element("p", {
    class: "vt-field-problem",
    id: `${id}-problem`,
    role: "alert",
    hidden: true,
  });
  return {
    element: element(
      "div",
      { class: "vt-field" },
      element("label", { for: id, class: "vt-control-label" }, label),
      input,
    ),
    input,
    message,
    refuse(problem) {
      message.textContent = problem;
      message.hidden = problem === "";
      input.toggleAttribute("aria-invalid", false);
      if (problem === "") input.removeAttribute("aria-describedby");
      else {
        input.setAttribute("aria-invalid", "true");
        input.setAttribute("aria-describedby", message.id);
      }
    },
  };
}
