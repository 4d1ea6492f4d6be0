import type { Control, ControlClass, ControlInit } from "./control.ts";
import {
  DropdownBase,
  type DropdownState,
  RadioButtonsBase,
  type RadioButtonsState,
  SelectBase,
  SelectionSliderBase,
  type SelectionSliderState,
  type SelectState,
  ToggleButtonsBase,
  type ToggleButtonsState,
} from "./schemaControls.ts";

/** Choices: values that are their own labels, pairs of label and value, or an object from label to value. */
export type Options<Value> =
  | readonly Value[]
  | readonly (readonly [label: string, value: Value])[]
  | Readonly<Record<string, Value>>;

interface SelectionState {
  _options_labels: readonly string[];
  index: number | null;
}

type OtherKeys<State> = Omit<State, keyof SelectionState>;

type SelectionInit<State extends object, Value> = ControlInit<OtherKeys<State>> & {
  readonly options: Options<Value>;
  /** Default: the first option. */
  readonly value?: Value | null;
};

export interface Selection<Value> {
  readonly options: readonly Value[];
  /** Null while nothing is chosen. */
  value: Value | null;
}

export interface SelectionClass<State extends object> {
  new <Value>(init: SelectionInit<State, Value>): Selection<Value> & Control<State> & State;
}

function selectionClass<State extends SelectionState>(
  Base: ControlClass<SelectionState>,
): SelectionClass<State> {
  return class extends Base implements Selection<unknown> {
    readonly options: readonly unknown[];

    constructor(init: SelectionInit<State, unknown>) {
      const { options, value, ...others } = init;
      const pairs = pairsOf(options);
      const values = pairs.map(([, item]) => item);
      const index = value === undefined && values.length > 0 ? 0 : values.indexOf(value);
      super({
        ...others,
        _options_labels: pairs.map(([label]) => label),
        index: index < 0 ? null : index,
      });
      this.options = values;
    }

    get value(): unknown {
      const { index } = this;
      return index === null ? null : this.options[index];
    }

    set value(value: unknown) {
      const index = this.options.indexOf(value);
      this.set({ index: index < 0 ? null : index });
    }
  } as unknown as SelectionClass<State>;
}

function pairsOf(options: Options<unknown>): [label: string, value: unknown][] {
  if (!Array.isArray(options)) return Object.entries(options);
  const isPair = (item: unknown): boolean =>
    Array.isArray(item) && item.length === 2 && typeof item[0] === "string";
  return options.length > 0 && options.every(isPair)
    ? (options as [string, unknown][])
    : options.map((item: unknown) => [String(item), item]);
}

const asSelection = (Base: unknown) => Base as ControlClass<SelectionState>;

export const Dropdown = selectionClass<DropdownState>(asSelection(DropdownBase));
export const RadioButtons = selectionClass<RadioButtonsState>(asSelection(RadioButtonsBase));
export const Select = selectionClass<SelectState>(asSelection(SelectBase));
export const SelectionSlider = selectionClass<SelectionSliderState>(
  asSelection(SelectionSliderBase),
);
export const ToggleButtons = selectionClass<ToggleButtonsState>(asSelection(ToggleButtonsBase));
