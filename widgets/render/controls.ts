import { element } from "./element.ts";

export interface Control<Value> {
  readonly element: HTMLElement;
  value: Value;
}

let nControls = 0;

/** A row of radio buttons drawn as one segmented button: arrows move in it, as in any radio group. */
export function segmented<Value extends string>(
  label: string,
  options: readonly { readonly value: Value; readonly label: string; readonly title?: string }[],
  initial: Value,
  onChange: (value: Value) => void,
): Control<Value> {
  const name = `vt-control-${++nControls}-${Math.random().toString(36).slice(2)}`;
  const inputs = options.map((option) => {
    const input = element("input", { type: "radio", name, value: option.value });
    input.checked = option.value === initial;
    input.addEventListener("change", () => onChange(option.value));
    return input;
  });
  const parts = options.map((option, i) =>
    element(
      "label",
      { title: option.title ?? option.label },
      inputs[i] ?? null,
      element("span", {}, option.label),
    ),
  );
  return {
    element: element(
      "div",
      { class: "vt-segmented", role: "radiogroup", "aria-label": label },
      element("span", { class: "vt-control-label", "aria-hidden": "true" }, label),
      element("div", { class: "vt-segments" }, ...parts),
    ),
    get value() {
      return (inputs.find((input) => input.checked)?.value ?? initial) as Value;
    },
    set value(value: Value) {
      for (const input of inputs) input.checked = input.value === value;
    },
  };
}

/** How an axis or a colour grows with its numbers. */
export type AxisScale = "linear" | "log";

export function axisScale(
  initial: AxisScale,
  onChange: (scale: AxisScale) => void,
): Control<AxisScale> {
  const names: readonly AxisScale[] = ["linear", "log"];
  const options = names.map((value) => ({ value, label: value }));
  return segmented("scale", options, initial, onChange);
}

export function checkbox(
  label: string,
  title: string,
  initial: boolean,
  onChange: (checked: boolean) => void,
): Control<boolean> {
  const input = element("input", { type: "checkbox" });
  input.checked = initial;
  input.addEventListener("change", () => onChange(input.checked));
  return {
    element: element("label", { class: "vt-check", title }, input, label),
    get value() {
      return input.checked;
    },
    set value(value: boolean) {
      input.checked = value;
    },
  };
}

export function button(label: string, title: string, onClick: () => void): HTMLButtonElement {
  const node = element("button", { type: "button", class: "vt-button", title }, label);
  node.addEventListener("click", onClick);
  return node;
}

export function dropdown<Value extends string>(
  label: string,
  options: readonly { readonly value: Value; readonly label: string }[],
  initial: Value,
  onChange: (value: Value) => void,
): Control<Value> {
  const select = element(
    "select",
    { "aria-label": label },
    ...options.map((o) => element("option", { value: o.value }, o.label)),
  );
  select.value = initial;
  select.addEventListener("change", () => onChange(select.value as Value));
  return {
    element: element(
      "label",
      { class: "vt-dropdown" },
      element("span", { class: "vt-control-label" }, label),
      select,
    ),
    get value() {
      return select.value as Value;
    },
    set value(value: Value) {
      select.value = value;
    },
  };
}
