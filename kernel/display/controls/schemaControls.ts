// Written by scripts/generateControls.ts from @jupyter-widgets/schema; keys are named as there.
import type { BinaryBuffer } from "../host.ts";
import type { WidgetModel } from "../widgetModel.ts";
import { controlClass } from "./control.ts";
import { dateForm, datetimeForm, naiveDatetimeForm, timeForm } from "./wireForms.ts";

interface LayoutState {
  /** The align-content CSS attribute. */
  align_content:
    | "flex-start"
    | "flex-end"
    | "center"
    | "space-between"
    | "space-around"
    | "space-evenly"
    | "stretch"
    | "inherit"
    | "initial"
    | "unset"
    | null;
  /** The align-items CSS attribute. */
  align_items:
    | "flex-start"
    | "flex-end"
    | "center"
    | "baseline"
    | "stretch"
    | "inherit"
    | "initial"
    | "unset"
    | null;
  /** The align-self CSS attribute. */
  align_self:
    | "auto"
    | "flex-start"
    | "flex-end"
    | "center"
    | "baseline"
    | "stretch"
    | "inherit"
    | "initial"
    | "unset"
    | null;
  /** The border bottom CSS attribute. */
  border_bottom: string | null;
  /** The border left CSS attribute. */
  border_left: string | null;
  /** The border right CSS attribute. */
  border_right: string | null;
  /** The border top CSS attribute. */
  border_top: string | null;
  /** The bottom CSS attribute. */
  bottom: string | null;
  /** The display CSS attribute. */
  display: string | null;
  /** The flex CSS attribute. */
  flex: string | null;
  /** The flex-flow CSS attribute. */
  flex_flow: string | null;
  /** The grid-area CSS attribute. */
  grid_area: string | null;
  /** The grid-auto-columns CSS attribute. */
  grid_auto_columns: string | null;
  /** The grid-auto-flow CSS attribute. */
  grid_auto_flow:
    | "column"
    | "row"
    | "row dense"
    | "column dense"
    | "inherit"
    | "initial"
    | "unset"
    | null;
  /** The grid-auto-rows CSS attribute. */
  grid_auto_rows: string | null;
  /** The grid-column CSS attribute. */
  grid_column: string | null;
  /** The grid-gap CSS attribute. */
  grid_gap: string | null;
  /** The grid-row CSS attribute. */
  grid_row: string | null;
  /** The grid-template-areas CSS attribute. */
  grid_template_areas: string | null;
  /** The grid-template-columns CSS attribute. */
  grid_template_columns: string | null;
  /** The grid-template-rows CSS attribute. */
  grid_template_rows: string | null;
  /** The height CSS attribute. */
  height: string | null;
  /** The justify-content CSS attribute. */
  justify_content:
    | "flex-start"
    | "flex-end"
    | "center"
    | "space-between"
    | "space-around"
    | "inherit"
    | "initial"
    | "unset"
    | null;
  /** The justify-items CSS attribute. */
  justify_items: "flex-start" | "flex-end" | "center" | "inherit" | "initial" | "unset" | null;
  /** The left CSS attribute. */
  left: string | null;
  /** The margin CSS attribute. */
  margin: string | null;
  /** The max-height CSS attribute. */
  max_height: string | null;
  /** The max-width CSS attribute. */
  max_width: string | null;
  /** The min-height CSS attribute. */
  min_height: string | null;
  /** The min-width CSS attribute. */
  min_width: string | null;
  /** The object-fit CSS attribute. */
  object_fit: "contain" | "cover" | "fill" | "scale-down" | "none" | null;
  /** The object-position CSS attribute. */
  object_position: string | null;
  /** The order CSS attribute. */
  order: string | null;
  /** The overflow CSS attribute. */
  overflow: string | null;
  /** The padding CSS attribute. */
  padding: string | null;
  /** The right CSS attribute. */
  right: string | null;
  /** The top CSS attribute. */
  top: string | null;
  /** The visibility CSS attribute. */
  visibility: "visible" | "hidden" | "inherit" | "initial" | "unset" | null;
  /** The width CSS attribute. */
  width: string | null;
}
export const Layout = controlClass<LayoutState>({
  module: "@jupyter-widgets/base",
  version: "2.0.0",
  model: "LayoutModel",
  view: "LayoutView",
  defaults: {
    align_content: null,
    align_items: null,
    align_self: null,
    border_bottom: null,
    border_left: null,
    border_right: null,
    border_top: null,
    bottom: null,
    display: null,
    flex: null,
    flex_flow: null,
    grid_area: null,
    grid_auto_columns: null,
    grid_auto_flow: null,
    grid_auto_rows: null,
    grid_column: null,
    grid_gap: null,
    grid_row: null,
    grid_template_areas: null,
    grid_template_columns: null,
    grid_template_rows: null,
    height: null,
    justify_content: null,
    justify_items: null,
    left: null,
    margin: null,
    max_height: null,
    max_width: null,
    min_height: null,
    min_width: null,
    object_fit: null,
    object_position: null,
    order: null,
    overflow: null,
    padding: null,
    right: null,
    top: null,
    visibility: null,
    width: null,
  },
  parts: {},
});
export type Layout = InstanceType<typeof Layout>;

interface ButtonStyleState {
  /** Color of the button */
  button_color: string | null;
  /** Button text font family. */
  font_family: string | null;
  /** Button text font size. */
  font_size: string | null;
  /** Button text font style. */
  font_style: string | null;
  /** Button text font variant. */
  font_variant: string | null;
  /** Button text font weight. */
  font_weight: string | null;
  /** Button text color. */
  text_color: string | null;
  /** Button text decoration. */
  text_decoration: string | null;
}
export const ButtonStyle = controlClass<ButtonStyleState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "ButtonStyleModel",
  view: "StyleView",
  viewModule: "@jupyter-widgets/base",
  defaults: {
    button_color: null,
    font_family: null,
    font_size: null,
    font_style: null,
    font_variant: null,
    font_weight: null,
    text_color: null,
    text_decoration: null,
  },
  parts: {},
});
export type ButtonStyle = InstanceType<typeof ButtonStyle>;

interface CheckboxStyleState {
  /** Background specifications. */
  background: string | null;
  /** Width of the description to the side of the control. */
  description_width: string;
}
export const CheckboxStyle = controlClass<CheckboxStyleState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "CheckboxStyleModel",
  view: "StyleView",
  viewModule: "@jupyter-widgets/base",
  defaults: { background: null, description_width: "" },
  parts: {},
});
export type CheckboxStyle = InstanceType<typeof CheckboxStyle>;

interface DescriptionStyleState {
  /** Width of the description to the side of the control. */
  description_width: string;
}
export const DescriptionStyle = controlClass<DescriptionStyleState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "DescriptionStyleModel",
  view: "StyleView",
  viewModule: "@jupyter-widgets/base",
  defaults: { description_width: "" },
  parts: {},
});
export type DescriptionStyle = InstanceType<typeof DescriptionStyle>;

interface HTMLMathStyleState {
  /** Background specifications. */
  background: string | null;
  /** Width of the description to the side of the control. */
  description_width: string;
  /** Text font size. */
  font_size: string | null;
  /** Text color */
  text_color: string | null;
}
export const HTMLMathStyle = controlClass<HTMLMathStyleState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "HTMLMathStyleModel",
  view: "StyleView",
  viewModule: "@jupyter-widgets/base",
  defaults: { background: null, description_width: "", font_size: null, text_color: null },
  parts: {},
});
export type HTMLMathStyle = InstanceType<typeof HTMLMathStyle>;

interface HTMLStyleState {
  /** Background specifications. */
  background: string | null;
  /** Width of the description to the side of the control. */
  description_width: string;
  /** Text font size. */
  font_size: string | null;
  /** Text color */
  text_color: string | null;
}
export const HTMLStyle = controlClass<HTMLStyleState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "HTMLStyleModel",
  view: "StyleView",
  viewModule: "@jupyter-widgets/base",
  defaults: { background: null, description_width: "", font_size: null, text_color: null },
  parts: {},
});
export type HTMLStyle = InstanceType<typeof HTMLStyle>;

interface LabelStyleState {
  /** Background specifications. */
  background: string | null;
  /** Width of the description to the side of the control. */
  description_width: string;
  /** Label text font family. */
  font_family: string | null;
  /** Text font size. */
  font_size: string | null;
  /** Label text font style. */
  font_style: string | null;
  /** Label text font variant. */
  font_variant: string | null;
  /** Label text font weight. */
  font_weight: string | null;
  /** Text color */
  text_color: string | null;
  /** Label text decoration. */
  text_decoration: string | null;
}
export const LabelStyle = controlClass<LabelStyleState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "LabelStyleModel",
  view: "StyleView",
  viewModule: "@jupyter-widgets/base",
  defaults: {
    background: null,
    description_width: "",
    font_family: null,
    font_size: null,
    font_style: null,
    font_variant: null,
    font_weight: null,
    text_color: null,
    text_decoration: null,
  },
  parts: {},
});
export type LabelStyle = InstanceType<typeof LabelStyle>;

interface ProgressStyleState {
  /** Color of the progress bar. */
  bar_color: string | null;
  /** Width of the description to the side of the control. */
  description_width: string;
}
export const ProgressStyle = controlClass<ProgressStyleState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "ProgressStyleModel",
  view: "StyleView",
  viewModule: "@jupyter-widgets/base",
  defaults: { bar_color: null, description_width: "" },
  parts: {},
});
export type ProgressStyle = InstanceType<typeof ProgressStyle>;

interface SliderStyleState {
  /** Width of the description to the side of the control. */
  description_width: string;
  /** Color of the slider handle. */
  handle_color: string | null;
}
export const SliderStyle = controlClass<SliderStyleState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "SliderStyleModel",
  view: "StyleView",
  viewModule: "@jupyter-widgets/base",
  defaults: { description_width: "", handle_color: null },
  parts: {},
});
export type SliderStyle = InstanceType<typeof SliderStyle>;

interface TextStyleState {
  /** Background specifications. */
  background: string | null;
  /** Width of the description to the side of the control. */
  description_width: string;
  /** Text font size. */
  font_size: string | null;
  /** Text color */
  text_color: string | null;
}
export const TextStyle = controlClass<TextStyleState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "TextStyleModel",
  view: "StyleView",
  viewModule: "@jupyter-widgets/base",
  defaults: { background: null, description_width: "", font_size: null, text_color: null },
  parts: {},
});
export type TextStyle = InstanceType<typeof TextStyle>;

interface ToggleButtonStyleState {
  /** Width of the description to the side of the control. */
  description_width: string;
  /** Toggle button text font family. */
  font_family: string | null;
  /** Toggle button text font size. */
  font_size: string | null;
  /** Toggle button text font style. */
  font_style: string | null;
  /** Toggle button text font variant. */
  font_variant: string | null;
  /** Toggle button text font weight. */
  font_weight: string | null;
  /** Toggle button text color */
  text_color: string | null;
  /** Toggle button text decoration. */
  text_decoration: string | null;
}
export const ToggleButtonStyle = controlClass<ToggleButtonStyleState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "ToggleButtonStyleModel",
  view: "StyleView",
  viewModule: "@jupyter-widgets/base",
  defaults: {
    description_width: "",
    font_family: null,
    font_size: null,
    font_style: null,
    font_variant: null,
    font_weight: null,
    text_color: null,
    text_decoration: null,
  },
  parts: {},
});
export type ToggleButtonStyle = InstanceType<typeof ToggleButtonStyle>;

interface ToggleButtonsStyleState {
  /** The width of each button. */
  button_width: string;
  /** Width of the description to the side of the control. */
  description_width: string;
  /** Text font weight of each button. */
  font_weight: string;
}
export const ToggleButtonsStyle = controlClass<ToggleButtonsStyleState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "ToggleButtonsStyleModel",
  view: "StyleView",
  viewModule: "@jupyter-widgets/base",
  defaults: { button_width: "", description_width: "", font_weight: "" },
  parts: {},
});
export type ToggleButtonsStyle = InstanceType<typeof ToggleButtonsStyle>;

interface AccordionState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** Use a predefined styling for the box. */
  box_style: "success" | "info" | "warning" | "danger" | "";
  /** List of widget children */
  children: readonly WidgetModel<object>[];
  layout: Layout;
  /** The index of the selected page. This is either an integer selecting a particular sub-widget, or None to have no widgets selected. */
  selected_index: number | null;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** Titles of the pages */
  titles: readonly string[];
  /** A tooltip caption. */
  tooltip: string | null;
}
export const Accordion = controlClass<AccordionState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "AccordionModel",
  view: "AccordionView",
  defaults: {
    _dom_classes: [],
    box_style: "",
    children: [],
    layout: null,
    selected_index: null,
    tabbable: null,
    titles: [],
    tooltip: null,
  },
  parts: { layout: Layout },
});
export type Accordion = InstanceType<typeof Accordion>;

interface AudioState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** When true, the audio starts when it's displayed */
  autoplay: boolean;
  /** Specifies that audio controls should be displayed (such as a play/pause button etc) */
  controls: boolean;
  /** The format of the audio. */
  format: string;
  layout: Layout;
  /** When true, the audio will start from the beginning after finishing */
  loop: boolean;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
  /** The media data as a memory view of bytes. */
  value: BinaryBuffer;
}
export const Audio = controlClass<AudioState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "AudioModel",
  view: "AudioView",
  defaults: {
    _dom_classes: [],
    autoplay: true,
    controls: true,
    format: "mp3",
    layout: null,
    loop: true,
    tabbable: null,
    tooltip: null,
    value: new Uint8Array(0),
  },
  parts: { layout: Layout },
});
export type Audio = InstanceType<typeof Audio>;

interface BoundedFloatTextState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** Update the value as the user types. If False, update on submission, e.g., pressing Enter or navigating away. */
  continuous_update: boolean;
  /** Description of the control. */
  description: string;
  /** Accept HTML in the description. */
  description_allow_html: boolean;
  /** Enable or disable user changes */
  disabled: boolean;
  layout: Layout;
  /** Max value */
  max: number;
  /** Min value */
  min: number;
  /** Minimum step to increment the value */
  step: number | null;
  /** Styling customizations */
  style: DescriptionStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
  /** Float value */
  value: number;
}
export const BoundedFloatText = controlClass<BoundedFloatTextState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "BoundedFloatTextModel",
  view: "FloatTextView",
  defaults: {
    _dom_classes: [],
    continuous_update: false,
    description: "",
    description_allow_html: false,
    disabled: false,
    layout: null,
    max: 100,
    min: 0,
    step: null,
    style: null,
    tabbable: null,
    tooltip: null,
    value: 0,
  },
  parts: { layout: Layout, style: DescriptionStyle },
});
export type BoundedFloatText = InstanceType<typeof BoundedFloatText>;

interface BoundedIntTextState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** Update the value as the user types. If False, update on submission, e.g., pressing Enter or navigating away. */
  continuous_update: boolean;
  /** Description of the control. */
  description: string;
  /** Accept HTML in the description. */
  description_allow_html: boolean;
  /** Enable or disable user changes */
  disabled: boolean;
  layout: Layout;
  /** Max value */
  max: number;
  /** Min value */
  min: number;
  /** Minimum step to increment the value */
  step: number;
  /** Styling customizations */
  style: DescriptionStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
  /** Int value */
  value: number;
}
export const BoundedIntText = controlClass<BoundedIntTextState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "BoundedIntTextModel",
  view: "IntTextView",
  defaults: {
    _dom_classes: [],
    continuous_update: false,
    description: "",
    description_allow_html: false,
    disabled: false,
    layout: null,
    max: 100,
    min: 0,
    step: 1,
    style: null,
    tabbable: null,
    tooltip: null,
    value: 0,
  },
  parts: { layout: Layout, style: DescriptionStyle },
});
export type BoundedIntText = InstanceType<typeof BoundedIntText>;

interface BoxState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** Use a predefined styling for the box. */
  box_style: "success" | "info" | "warning" | "danger" | "";
  /** List of widget children */
  children: readonly WidgetModel<object>[];
  layout: Layout;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
}
export const Box = controlClass<BoxState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "BoxModel",
  view: "BoxView",
  defaults: {
    _dom_classes: [],
    box_style: "",
    children: [],
    layout: null,
    tabbable: null,
    tooltip: null,
  },
  parts: { layout: Layout },
});
export type Box = InstanceType<typeof Box>;

export interface ButtonState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** Use a predefined styling for the button. */
  button_style: "primary" | "success" | "info" | "warning" | "danger" | "";
  /** Button label. */
  description: string;
  /** Enable or disable user changes. */
  disabled: boolean;
  /** Font-awesome icon names, without the 'fa-' prefix. */
  icon: string;
  layout: Layout;
  style: ButtonStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
}
export const ButtonBase = controlClass<ButtonState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "ButtonModel",
  view: "ButtonView",
  defaults: {
    _dom_classes: [],
    button_style: "",
    description: "",
    disabled: false,
    icon: "",
    layout: null,
    style: null,
    tabbable: null,
    tooltip: null,
  },
  parts: { layout: Layout, style: ButtonStyle },
});
export type ButtonBase = InstanceType<typeof ButtonBase>;

interface CheckboxState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** Description of the control. */
  description: string;
  /** Accept HTML in the description. */
  description_allow_html: boolean;
  /** Enable or disable user changes. */
  disabled: boolean;
  /** Indent the control to align with other controls with a description. */
  indent: boolean;
  layout: Layout;
  /** Styling customizations */
  style: CheckboxStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
  /** Bool value */
  value: boolean;
}
export const Checkbox = controlClass<CheckboxState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "CheckboxModel",
  view: "CheckboxView",
  defaults: {
    _dom_classes: [],
    description: "",
    description_allow_html: false,
    disabled: false,
    indent: true,
    layout: null,
    style: null,
    tabbable: null,
    tooltip: null,
    value: false,
  },
  parts: { layout: Layout, style: CheckboxStyle },
});
export type Checkbox = InstanceType<typeof Checkbox>;

interface ColorPickerState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** Display short version with just a color selector. */
  concise: boolean;
  /** Description of the control. */
  description: string;
  /** Accept HTML in the description. */
  description_allow_html: boolean;
  /** Enable or disable user changes. */
  disabled: boolean;
  layout: Layout;
  /** Styling customizations */
  style: DescriptionStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
  /** The color value. */
  value: string;
}
export const ColorPicker = controlClass<ColorPickerState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "ColorPickerModel",
  view: "ColorPickerView",
  defaults: {
    _dom_classes: [],
    concise: false,
    description: "",
    description_allow_html: false,
    disabled: false,
    layout: null,
    style: null,
    tabbable: null,
    tooltip: null,
    value: "black",
  },
  parts: { layout: Layout, style: DescriptionStyle },
});
export type ColorPicker = InstanceType<typeof ColorPicker>;

interface ColorsInputState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  allow_duplicates: boolean;
  allowed_tags: readonly unknown[];
  /** Description of the control. */
  description: string;
  /** Accept HTML in the description. */
  description_allow_html: boolean;
  layout: Layout;
  placeholder: string;
  /** Styling customizations */
  style: DescriptionStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
  /** List of string tags */
  value: readonly unknown[];
}
export const ColorsInput = controlClass<ColorsInputState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "ColorsInputModel",
  view: "ColorsInputView",
  defaults: {
    _dom_classes: [],
    allow_duplicates: true,
    allowed_tags: [],
    description: "",
    description_allow_html: false,
    layout: null,
    placeholder: "​",
    style: null,
    tabbable: null,
    tooltip: null,
    value: [],
  },
  parts: { layout: Layout, style: DescriptionStyle },
});
export type ColorsInput = InstanceType<typeof ColorsInput>;

interface ComboboxState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** Update the value as the user types. If False, update on submission, e.g., pressing Enter or navigating away. */
  continuous_update: boolean;
  /** Description of the control. */
  description: string;
  /** Accept HTML in the description. */
  description_allow_html: boolean;
  /** Enable or disable user changes */
  disabled: boolean;
  /** If set, ensure value is in options. Implies continuous_update=False. */
  ensure_option: boolean;
  layout: Layout;
  /** Dropdown options for the combobox */
  options: readonly string[];
  /** Placeholder text to display when nothing has been typed */
  placeholder: string;
  style: TextStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
  /** String value */
  value: string;
}
export const Combobox = controlClass<ComboboxState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "ComboboxModel",
  view: "ComboboxView",
  defaults: {
    _dom_classes: [],
    continuous_update: true,
    description: "",
    description_allow_html: false,
    disabled: false,
    ensure_option: false,
    layout: null,
    options: [],
    placeholder: "​",
    style: null,
    tabbable: null,
    tooltip: null,
    value: "",
  },
  parts: { layout: Layout, style: TextStyle },
});
export type Combobox = InstanceType<typeof Combobox>;

interface DatePickerState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** Description of the control. */
  description: string;
  /** Accept HTML in the description. */
  description_allow_html: boolean;
  /** Enable or disable user changes. */
  disabled: boolean;
  layout: Layout;
  max: Date | null;
  min: Date | null;
  /** The date step to use for the picker, in days, or "any". */
  step: number | string;
  /** Styling customizations */
  style: DescriptionStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
  value: Date | null;
}
export const DatePicker = controlClass<DatePickerState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "DatePickerModel",
  view: "DatePickerView",
  defaults: {
    _dom_classes: [],
    description: "",
    description_allow_html: false,
    disabled: false,
    layout: null,
    max: null,
    min: null,
    step: 1,
    style: null,
    tabbable: null,
    tooltip: null,
    value: null,
  },
  parts: { layout: Layout, style: DescriptionStyle },
  forms: { max: dateForm, min: dateForm, value: dateForm },
});
export type DatePicker = InstanceType<typeof DatePicker>;

interface DatetimePickerState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** Description of the control. */
  description: string;
  /** Accept HTML in the description. */
  description_allow_html: boolean;
  /** Enable or disable user changes. */
  disabled: boolean;
  layout: Layout;
  max: Date | null;
  min: Date | null;
  /** Styling customizations */
  style: DescriptionStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
  value: Date | null;
}
export const DatetimePicker = controlClass<DatetimePickerState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "DatetimeModel",
  view: "DatetimeView",
  defaults: {
    _dom_classes: [],
    description: "",
    description_allow_html: false,
    disabled: false,
    layout: null,
    max: null,
    min: null,
    style: null,
    tabbable: null,
    tooltip: null,
    value: null,
  },
  parts: { layout: Layout, style: DescriptionStyle },
  forms: { max: datetimeForm, min: datetimeForm, value: datetimeForm },
});
export type DatetimePicker = InstanceType<typeof DatetimePicker>;

export interface DropdownState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** The labels for the options. */
  _options_labels: readonly string[];
  /** Description of the control. */
  description: string;
  /** Accept HTML in the description. */
  description_allow_html: boolean;
  /** Enable or disable user changes */
  disabled: boolean;
  /** Selected index */
  index: number | null;
  layout: Layout;
  /** Styling customizations */
  style: DescriptionStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
}
export const DropdownBase = controlClass<DropdownState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "DropdownModel",
  view: "DropdownView",
  defaults: {
    _dom_classes: [],
    _options_labels: [],
    description: "",
    description_allow_html: false,
    disabled: false,
    index: null,
    layout: null,
    style: null,
    tabbable: null,
    tooltip: null,
  },
  parts: { layout: Layout, style: DescriptionStyle },
});
export type DropdownBase = InstanceType<typeof DropdownBase>;

interface FileUploadState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** File types to accept, empty string for all */
  accept: string;
  /** Use a predefined styling for the button. */
  button_style: "primary" | "success" | "info" | "warning" | "danger" | "";
  /** Description of the control. */
  description: string;
  /** Accept HTML in the description. */
  description_allow_html: boolean;
  /** Enable or disable button */
  disabled: boolean;
  /** Error message */
  error: string;
  /** Font-awesome icon name, without the 'fa-' prefix. */
  icon: string;
  layout: Layout;
  /** If True, allow for multiple files upload */
  multiple: boolean;
  style: ButtonStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
  /** The file upload value */
  value: readonly Readonly<Record<string, unknown>>[];
}
export const FileUpload = controlClass<FileUploadState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "FileUploadModel",
  view: "FileUploadView",
  defaults: {
    _dom_classes: [],
    accept: "",
    button_style: "",
    description: "",
    description_allow_html: false,
    disabled: false,
    error: "",
    icon: "upload",
    layout: null,
    multiple: false,
    style: null,
    tabbable: null,
    tooltip: null,
    value: [],
  },
  parts: { layout: Layout, style: ButtonStyle },
});
export type FileUpload = InstanceType<typeof FileUpload>;

interface FloatLogSliderState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** Base for the logarithm */
  base: number;
  /** Slider dragging behavior. */
  behavior: "drag-tap" | "drag-snap" | "tap" | "drag" | "snap";
  /** Update the value of the widget as the user is holding the slider. */
  continuous_update: boolean;
  /** Description of the control. */
  description: string;
  /** Accept HTML in the description. */
  description_allow_html: boolean;
  /** Enable or disable user changes */
  disabled: boolean;
  layout: Layout;
  /** Max value for the exponent */
  max: number;
  /** Min value for the exponent */
  min: number;
  /** Vertical or horizontal. */
  orientation: "horizontal" | "vertical";
  /** Display the current value of the slider next to it. */
  readout: boolean;
  /** Format for the readout */
  readout_format: string;
  /** Minimum step in the exponent to increment the value */
  step: number | null;
  style: SliderStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
  /** Float value */
  value: number;
}
export const FloatLogSlider = controlClass<FloatLogSliderState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "FloatLogSliderModel",
  view: "FloatLogSliderView",
  defaults: {
    _dom_classes: [],
    base: 10,
    behavior: "drag-tap",
    continuous_update: true,
    description: "",
    description_allow_html: false,
    disabled: false,
    layout: null,
    max: 4,
    min: 0,
    orientation: "horizontal",
    readout: true,
    readout_format: ".3g",
    step: 0.1,
    style: null,
    tabbable: null,
    tooltip: null,
    value: 1,
  },
  parts: { layout: Layout, style: SliderStyle },
});
export type FloatLogSlider = InstanceType<typeof FloatLogSlider>;

interface FloatProgressState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** Use a predefined styling for the progress bar. */
  bar_style: "success" | "info" | "warning" | "danger" | "" | null;
  /** Description of the control. */
  description: string;
  /** Accept HTML in the description. */
  description_allow_html: boolean;
  layout: Layout;
  /** Max value */
  max: number;
  /** Min value */
  min: number;
  /** Vertical or horizontal. */
  orientation: "horizontal" | "vertical";
  style: ProgressStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
  /** Float value */
  value: number;
}
export const FloatProgress = controlClass<FloatProgressState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "FloatProgressModel",
  view: "ProgressView",
  defaults: {
    _dom_classes: [],
    bar_style: "",
    description: "",
    description_allow_html: false,
    layout: null,
    max: 100,
    min: 0,
    orientation: "horizontal",
    style: null,
    tabbable: null,
    tooltip: null,
    value: 0,
  },
  parts: { layout: Layout, style: ProgressStyle },
});
export type FloatProgress = InstanceType<typeof FloatProgress>;

interface FloatRangeSliderState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** Slider dragging behavior. */
  behavior: "drag-tap" | "drag-snap" | "tap" | "drag" | "snap";
  /** Update the value of the widget as the user is sliding the slider. */
  continuous_update: boolean;
  /** Description of the control. */
  description: string;
  /** Accept HTML in the description. */
  description_allow_html: boolean;
  /** Enable or disable user changes */
  disabled: boolean;
  layout: Layout;
  /** Max value */
  max: number;
  /** Min value */
  min: number;
  /** Vertical or horizontal. */
  orientation: "horizontal" | "vertical";
  /** Display the current value of the slider next to it. */
  readout: boolean;
  /** Format for the readout */
  readout_format: string;
  /** Minimum step to increment the value */
  step: number | null;
  style: SliderStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
  /** Tuple of (lower, upper) bounds */
  value: readonly unknown[];
}
export const FloatRangeSlider = controlClass<FloatRangeSliderState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "FloatRangeSliderModel",
  view: "FloatRangeSliderView",
  defaults: {
    _dom_classes: [],
    behavior: "drag-tap",
    continuous_update: true,
    description: "",
    description_allow_html: false,
    disabled: false,
    layout: null,
    max: 100,
    min: 0,
    orientation: "horizontal",
    readout: true,
    readout_format: ".2f",
    step: 0.1,
    style: null,
    tabbable: null,
    tooltip: null,
    value: [0, 1],
  },
  parts: { layout: Layout, style: SliderStyle },
});
export type FloatRangeSlider = InstanceType<typeof FloatRangeSlider>;

interface FloatSliderState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** Slider dragging behavior. */
  behavior: "drag-tap" | "drag-snap" | "tap" | "drag" | "snap";
  /** Update the value of the widget as the user is holding the slider. */
  continuous_update: boolean;
  /** Description of the control. */
  description: string;
  /** Accept HTML in the description. */
  description_allow_html: boolean;
  /** Enable or disable user changes */
  disabled: boolean;
  layout: Layout;
  /** Max value */
  max: number;
  /** Min value */
  min: number;
  /** Vertical or horizontal. */
  orientation: "horizontal" | "vertical";
  /** Display the current value of the slider next to it. */
  readout: boolean;
  /** Format for the readout */
  readout_format: string;
  /** Minimum step to increment the value */
  step: number | null;
  style: SliderStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
  /** Float value */
  value: number;
}
export const FloatSlider = controlClass<FloatSliderState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "FloatSliderModel",
  view: "FloatSliderView",
  defaults: {
    _dom_classes: [],
    behavior: "drag-tap",
    continuous_update: true,
    description: "",
    description_allow_html: false,
    disabled: false,
    layout: null,
    max: 100,
    min: 0,
    orientation: "horizontal",
    readout: true,
    readout_format: ".2f",
    step: 0.1,
    style: null,
    tabbable: null,
    tooltip: null,
    value: 0,
  },
  parts: { layout: Layout, style: SliderStyle },
});
export type FloatSlider = InstanceType<typeof FloatSlider>;

interface FloatTextState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** Update the value as the user types. If False, update on submission, e.g., pressing Enter or navigating away. */
  continuous_update: boolean;
  /** Description of the control. */
  description: string;
  /** Accept HTML in the description. */
  description_allow_html: boolean;
  /** Enable or disable user changes */
  disabled: boolean;
  layout: Layout;
  /** Minimum step to increment the value */
  step: number | null;
  /** Styling customizations */
  style: DescriptionStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
  /** Float value */
  value: number;
}
export const FloatText = controlClass<FloatTextState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "FloatTextModel",
  view: "FloatTextView",
  defaults: {
    _dom_classes: [],
    continuous_update: false,
    description: "",
    description_allow_html: false,
    disabled: false,
    layout: null,
    step: null,
    style: null,
    tabbable: null,
    tooltip: null,
    value: 0,
  },
  parts: { layout: Layout, style: DescriptionStyle },
});
export type FloatText = InstanceType<typeof FloatText>;

interface FloatsInputState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  allow_duplicates: boolean;
  allowed_tags: readonly unknown[];
  /** Description of the control. */
  description: string;
  /** Accept HTML in the description. */
  description_allow_html: boolean;
  format: string;
  layout: Layout;
  max: number | null;
  min: number | null;
  placeholder: string;
  /** Styling customizations */
  style: DescriptionStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** Use a predefined styling for the tags. */
  tag_style: "primary" | "success" | "info" | "warning" | "danger" | "";
  /** A tooltip caption. */
  tooltip: string | null;
  /** List of float tags */
  value: readonly unknown[];
}
export const FloatsInput = controlClass<FloatsInputState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "FloatsInputModel",
  view: "FloatsInputView",
  defaults: {
    _dom_classes: [],
    allow_duplicates: true,
    allowed_tags: [],
    description: "",
    description_allow_html: false,
    format: ".1f",
    layout: null,
    max: null,
    min: null,
    placeholder: "​",
    style: null,
    tabbable: null,
    tag_style: "",
    tooltip: null,
    value: [],
  },
  parts: { layout: Layout, style: DescriptionStyle },
});
export type FloatsInput = InstanceType<typeof FloatsInput>;

interface GridBoxState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** Use a predefined styling for the box. */
  box_style: "success" | "info" | "warning" | "danger" | "";
  /** List of widget children */
  children: readonly WidgetModel<object>[];
  layout: Layout;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
}
export const GridBox = controlClass<GridBoxState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "GridBoxModel",
  view: "GridBoxView",
  defaults: {
    _dom_classes: [],
    box_style: "",
    children: [],
    layout: null,
    tabbable: null,
    tooltip: null,
  },
  parts: { layout: Layout },
});
export type GridBox = InstanceType<typeof GridBox>;

interface HBoxState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** Use a predefined styling for the box. */
  box_style: "success" | "info" | "warning" | "danger" | "";
  /** List of widget children */
  children: readonly WidgetModel<object>[];
  layout: Layout;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
}
export const HBox = controlClass<HBoxState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "HBoxModel",
  view: "HBoxView",
  defaults: {
    _dom_classes: [],
    box_style: "",
    children: [],
    layout: null,
    tabbable: null,
    tooltip: null,
  },
  parts: { layout: Layout },
});
export type HBox = InstanceType<typeof HBox>;

interface HTMLMathState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** Description of the control. */
  description: string;
  /** Accept HTML in the description. */
  description_allow_html: boolean;
  layout: Layout;
  /** Placeholder text to display when nothing has been typed */
  placeholder: string;
  style: HTMLMathStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
  /** String value */
  value: string;
}
export const HTMLMath = controlClass<HTMLMathState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "HTMLMathModel",
  view: "HTMLMathView",
  defaults: {
    _dom_classes: [],
    description: "",
    description_allow_html: false,
    layout: null,
    placeholder: "​",
    style: null,
    tabbable: null,
    tooltip: null,
    value: "",
  },
  parts: { layout: Layout, style: HTMLMathStyle },
});
export type HTMLMath = InstanceType<typeof HTMLMath>;

interface HTMLState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** Description of the control. */
  description: string;
  /** Accept HTML in the description. */
  description_allow_html: boolean;
  layout: Layout;
  /** Placeholder text to display when nothing has been typed */
  placeholder: string;
  style: HTMLStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
  /** String value */
  value: string;
}
export const HTML = controlClass<HTMLState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "HTMLModel",
  view: "HTMLView",
  defaults: {
    _dom_classes: [],
    description: "",
    description_allow_html: false,
    layout: null,
    placeholder: "​",
    style: null,
    tabbable: null,
    tooltip: null,
    value: "",
  },
  parts: { layout: Layout, style: HTMLStyle },
});
export type HTML = InstanceType<typeof HTML>;

interface ImageState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** The format of the image. */
  format: string;
  /** Height of the image in pixels. Use layout.height for styling the widget. */
  height: string;
  layout: Layout;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
  /** The media data as a memory view of bytes. */
  value: BinaryBuffer;
  /** Width of the image in pixels. Use layout.width for styling the widget. */
  width: string;
}
export const Image = controlClass<ImageState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "ImageModel",
  view: "ImageView",
  defaults: {
    _dom_classes: [],
    format: "png",
    height: "",
    layout: null,
    tabbable: null,
    tooltip: null,
    value: new Uint8Array(0),
    width: "",
  },
  parts: { layout: Layout },
});
export type Image = InstanceType<typeof Image>;

interface IntProgressState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** Use a predefined styling for the progress bar. */
  bar_style: "success" | "info" | "warning" | "danger" | "";
  /** Description of the control. */
  description: string;
  /** Accept HTML in the description. */
  description_allow_html: boolean;
  layout: Layout;
  /** Max value */
  max: number;
  /** Min value */
  min: number;
  /** Vertical or horizontal. */
  orientation: "horizontal" | "vertical";
  style: ProgressStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
  /** Int value */
  value: number;
}
export const IntProgress = controlClass<IntProgressState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "IntProgressModel",
  view: "ProgressView",
  defaults: {
    _dom_classes: [],
    bar_style: "",
    description: "",
    description_allow_html: false,
    layout: null,
    max: 100,
    min: 0,
    orientation: "horizontal",
    style: null,
    tabbable: null,
    tooltip: null,
    value: 0,
  },
  parts: { layout: Layout, style: ProgressStyle },
});
export type IntProgress = InstanceType<typeof IntProgress>;

interface IntRangeSliderState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** Slider dragging behavior. */
  behavior: "drag-tap" | "drag-snap" | "tap" | "drag" | "snap";
  /** Update the value of the widget as the user is sliding the slider. */
  continuous_update: boolean;
  /** Description of the control. */
  description: string;
  /** Accept HTML in the description. */
  description_allow_html: boolean;
  /** Enable or disable user changes */
  disabled: boolean;
  layout: Layout;
  /** Max value */
  max: number;
  /** Min value */
  min: number;
  /** Vertical or horizontal. */
  orientation: "horizontal" | "vertical";
  /** Display the current value of the slider next to it. */
  readout: boolean;
  /** Format for the readout */
  readout_format: string;
  /** Minimum step that the value can take */
  step: number;
  /** Slider style customizations. */
  style: SliderStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
  /** Tuple of (lower, upper) bounds */
  value: readonly unknown[];
}
export const IntRangeSlider = controlClass<IntRangeSliderState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "IntRangeSliderModel",
  view: "IntRangeSliderView",
  defaults: {
    _dom_classes: [],
    behavior: "drag-tap",
    continuous_update: true,
    description: "",
    description_allow_html: false,
    disabled: false,
    layout: null,
    max: 100,
    min: 0,
    orientation: "horizontal",
    readout: true,
    readout_format: "d",
    step: 1,
    style: null,
    tabbable: null,
    tooltip: null,
    value: [0, 1],
  },
  parts: { layout: Layout, style: SliderStyle },
});
export type IntRangeSlider = InstanceType<typeof IntRangeSlider>;

interface IntSliderState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** Slider dragging behavior. */
  behavior: "drag-tap" | "drag-snap" | "tap" | "drag" | "snap";
  /** Update the value of the widget as the user is holding the slider. */
  continuous_update: boolean;
  /** Description of the control. */
  description: string;
  /** Accept HTML in the description. */
  description_allow_html: boolean;
  /** Enable or disable user changes */
  disabled: boolean;
  layout: Layout;
  /** Max value */
  max: number;
  /** Min value */
  min: number;
  /** Vertical or horizontal. */
  orientation: "horizontal" | "vertical";
  /** Display the current value of the slider next to it. */
  readout: boolean;
  /** Format for the readout */
  readout_format: string;
  /** Minimum step to increment the value */
  step: number;
  style: SliderStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
  /** Int value */
  value: number;
}
export const IntSlider = controlClass<IntSliderState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "IntSliderModel",
  view: "IntSliderView",
  defaults: {
    _dom_classes: [],
    behavior: "drag-tap",
    continuous_update: true,
    description: "",
    description_allow_html: false,
    disabled: false,
    layout: null,
    max: 100,
    min: 0,
    orientation: "horizontal",
    readout: true,
    readout_format: "d",
    step: 1,
    style: null,
    tabbable: null,
    tooltip: null,
    value: 0,
  },
  parts: { layout: Layout, style: SliderStyle },
});
export type IntSlider = InstanceType<typeof IntSlider>;

interface IntTextState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** Update the value as the user types. If False, update on submission, e.g., pressing Enter or navigating away. */
  continuous_update: boolean;
  /** Description of the control. */
  description: string;
  /** Accept HTML in the description. */
  description_allow_html: boolean;
  /** Enable or disable user changes */
  disabled: boolean;
  layout: Layout;
  /** Minimum step to increment the value */
  step: number;
  /** Styling customizations */
  style: DescriptionStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
  /** Int value */
  value: number;
}
export const IntText = controlClass<IntTextState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "IntTextModel",
  view: "IntTextView",
  defaults: {
    _dom_classes: [],
    continuous_update: false,
    description: "",
    description_allow_html: false,
    disabled: false,
    layout: null,
    step: 1,
    style: null,
    tabbable: null,
    tooltip: null,
    value: 0,
  },
  parts: { layout: Layout, style: DescriptionStyle },
});
export type IntText = InstanceType<typeof IntText>;

interface IntsInputState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  allow_duplicates: boolean;
  allowed_tags: readonly unknown[];
  /** Description of the control. */
  description: string;
  /** Accept HTML in the description. */
  description_allow_html: boolean;
  format: string;
  layout: Layout;
  max: number | null;
  min: number | null;
  placeholder: string;
  /** Styling customizations */
  style: DescriptionStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** Use a predefined styling for the tags. */
  tag_style: "primary" | "success" | "info" | "warning" | "danger" | "";
  /** A tooltip caption. */
  tooltip: string | null;
  /** List of int tags */
  value: readonly unknown[];
}
export const IntsInput = controlClass<IntsInputState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "IntsInputModel",
  view: "IntsInputView",
  defaults: {
    _dom_classes: [],
    allow_duplicates: true,
    allowed_tags: [],
    description: "",
    description_allow_html: false,
    format: "d",
    layout: null,
    max: null,
    min: null,
    placeholder: "​",
    style: null,
    tabbable: null,
    tag_style: "",
    tooltip: null,
    value: [],
  },
  parts: { layout: Layout, style: DescriptionStyle },
});
export type IntsInput = InstanceType<typeof IntsInput>;

interface LabelState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** Description of the control. */
  description: string;
  /** Accept HTML in the description. */
  description_allow_html: boolean;
  layout: Layout;
  /** Placeholder text to display when nothing has been typed */
  placeholder: string;
  style: LabelStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
  /** String value */
  value: string;
}
export const Label = controlClass<LabelState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "LabelModel",
  view: "LabelView",
  defaults: {
    _dom_classes: [],
    description: "",
    description_allow_html: false,
    layout: null,
    placeholder: "​",
    style: null,
    tabbable: null,
    tooltip: null,
    value: "",
  },
  parts: { layout: Layout, style: LabelStyle },
});
export type Label = InstanceType<typeof Label>;

interface NaiveDatetimePickerState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** Description of the control. */
  description: string;
  /** Accept HTML in the description. */
  description_allow_html: boolean;
  /** Enable or disable user changes. */
  disabled: boolean;
  layout: Layout;
  max: Date | null;
  min: Date | null;
  /** Styling customizations */
  style: DescriptionStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
  value: Date | null;
}
export const NaiveDatetimePicker = controlClass<NaiveDatetimePickerState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "NaiveDatetimeModel",
  view: "DatetimeView",
  defaults: {
    _dom_classes: [],
    description: "",
    description_allow_html: false,
    disabled: false,
    layout: null,
    max: null,
    min: null,
    style: null,
    tabbable: null,
    tooltip: null,
    value: null,
  },
  parts: { layout: Layout, style: DescriptionStyle },
  forms: { max: naiveDatetimeForm, min: naiveDatetimeForm, value: naiveDatetimeForm },
});
export type NaiveDatetimePicker = InstanceType<typeof NaiveDatetimePicker>;

interface PasswordState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** Update the value as the user types. If False, update on submission, e.g., pressing Enter or navigating away. */
  continuous_update: boolean;
  /** Description of the control. */
  description: string;
  /** Accept HTML in the description. */
  description_allow_html: boolean;
  /** Enable or disable user changes */
  disabled: boolean;
  layout: Layout;
  /** Placeholder text to display when nothing has been typed */
  placeholder: string;
  style: TextStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
  /** String value */
  value: string;
}
export const Password = controlClass<PasswordState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "PasswordModel",
  view: "PasswordView",
  defaults: {
    _dom_classes: [],
    continuous_update: true,
    description: "",
    description_allow_html: false,
    disabled: false,
    layout: null,
    placeholder: "​",
    style: null,
    tabbable: null,
    tooltip: null,
    value: "",
  },
  parts: { layout: Layout, style: TextStyle },
});
export type Password = InstanceType<typeof Password>;

interface PlayState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** Description of the control. */
  description: string;
  /** Accept HTML in the description. */
  description_allow_html: boolean;
  /** Enable or disable user changes */
  disabled: boolean;
  /** The time between two animation steps (ms). */
  interval: number;
  layout: Layout;
  /** Max value */
  max: number;
  /** Min value */
  min: number;
  /** Whether the control is currently playing. */
  playing: boolean;
  /** Whether the control will repeat in a continuous loop. */
  repeat: boolean;
  /** Show the repeat toggle button in the widget. */
  show_repeat: boolean;
  /** Increment step */
  step: number;
  /** Styling customizations */
  style: DescriptionStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
  /** Int value */
  value: number;
}
export const Play = controlClass<PlayState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "PlayModel",
  view: "PlayView",
  defaults: {
    _dom_classes: [],
    description: "",
    description_allow_html: false,
    disabled: false,
    interval: 100,
    layout: null,
    max: 100,
    min: 0,
    playing: false,
    repeat: false,
    show_repeat: true,
    step: 1,
    style: null,
    tabbable: null,
    tooltip: null,
    value: 0,
  },
  parts: { layout: Layout, style: DescriptionStyle },
});
export type Play = InstanceType<typeof Play>;

export interface RadioButtonsState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** The labels for the options. */
  _options_labels: readonly string[];
  /** Description of the control. */
  description: string;
  /** Accept HTML in the description. */
  description_allow_html: boolean;
  /** Enable or disable user changes */
  disabled: boolean;
  /** Selected index */
  index: number | null;
  layout: Layout;
  /** Vertical or horizontal. */
  orientation: "horizontal" | "vertical";
  /** Styling customizations */
  style: DescriptionStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
}
export const RadioButtonsBase = controlClass<RadioButtonsState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "RadioButtonsModel",
  view: "RadioButtonsView",
  defaults: {
    _dom_classes: [],
    _options_labels: [],
    description: "",
    description_allow_html: false,
    disabled: false,
    index: null,
    layout: null,
    orientation: "vertical",
    style: null,
    tabbable: null,
    tooltip: null,
  },
  parts: { layout: Layout, style: DescriptionStyle },
});
export type RadioButtonsBase = InstanceType<typeof RadioButtonsBase>;

export interface SelectState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** The labels for the options. */
  _options_labels: readonly string[];
  /** Description of the control. */
  description: string;
  /** Accept HTML in the description. */
  description_allow_html: boolean;
  /** Enable or disable user changes */
  disabled: boolean;
  /** Selected index */
  index: number | null;
  layout: Layout;
  /** The number of rows to display. */
  rows: number;
  /** Styling customizations */
  style: DescriptionStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
}
export const SelectBase = controlClass<SelectState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "SelectModel",
  view: "SelectView",
  defaults: {
    _dom_classes: [],
    _options_labels: [],
    description: "",
    description_allow_html: false,
    disabled: false,
    index: null,
    layout: null,
    rows: 5,
    style: null,
    tabbable: null,
    tooltip: null,
  },
  parts: { layout: Layout, style: DescriptionStyle },
});
export type SelectBase = InstanceType<typeof SelectBase>;

export interface SelectMultipleState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** The labels for the options. */
  _options_labels: readonly string[];
  /** Description of the control. */
  description: string;
  /** Accept HTML in the description. */
  description_allow_html: boolean;
  /** Enable or disable user changes */
  disabled: boolean;
  /** Selected indices */
  index: readonly number[];
  layout: Layout;
  /** The number of rows to display. */
  rows: number;
  /** Styling customizations */
  style: DescriptionStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
}
export const SelectMultipleBase = controlClass<SelectMultipleState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "SelectMultipleModel",
  view: "SelectMultipleView",
  defaults: {
    _dom_classes: [],
    _options_labels: [],
    description: "",
    description_allow_html: false,
    disabled: false,
    index: [],
    layout: null,
    rows: 5,
    style: null,
    tabbable: null,
    tooltip: null,
  },
  parts: { layout: Layout, style: DescriptionStyle },
});
export type SelectMultipleBase = InstanceType<typeof SelectMultipleBase>;

export interface SelectionRangeSliderState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** The labels for the options. */
  _options_labels: readonly string[];
  /** Slider dragging behavior. */
  behavior: "drag-tap" | "drag-snap" | "tap" | "drag" | "snap";
  /** Update the value of the widget as the user is holding the slider. */
  continuous_update: boolean;
  /** Description of the control. */
  description: string;
  /** Accept HTML in the description. */
  description_allow_html: boolean;
  /** Enable or disable user changes */
  disabled: boolean;
  /** Min and max selected indices */
  index: readonly unknown[];
  layout: Layout;
  /** Vertical or horizontal. */
  orientation: "horizontal" | "vertical";
  /** Display the current selected label next to the slider */
  readout: boolean;
  style: SliderStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
}
export const SelectionRangeSliderBase = controlClass<SelectionRangeSliderState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "SelectionRangeSliderModel",
  view: "SelectionRangeSliderView",
  defaults: {
    _dom_classes: [],
    _options_labels: [],
    behavior: "drag-tap",
    continuous_update: true,
    description: "",
    description_allow_html: false,
    disabled: false,
    index: [0, 0],
    layout: null,
    orientation: "horizontal",
    readout: true,
    style: null,
    tabbable: null,
    tooltip: null,
  },
  parts: { layout: Layout, style: SliderStyle },
});
export type SelectionRangeSliderBase = InstanceType<typeof SelectionRangeSliderBase>;

export interface SelectionSliderState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** The labels for the options. */
  _options_labels: readonly string[];
  /** Slider dragging behavior. */
  behavior: "drag-tap" | "drag-snap" | "tap" | "drag" | "snap";
  /** Update the value of the widget as the user is holding the slider. */
  continuous_update: boolean;
  /** Description of the control. */
  description: string;
  /** Accept HTML in the description. */
  description_allow_html: boolean;
  /** Enable or disable user changes */
  disabled: boolean;
  /** Selected index */
  index: number;
  layout: Layout;
  /** Vertical or horizontal. */
  orientation: "horizontal" | "vertical";
  /** Display the current selected label next to the slider */
  readout: boolean;
  style: SliderStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
}
export const SelectionSliderBase = controlClass<SelectionSliderState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "SelectionSliderModel",
  view: "SelectionSliderView",
  defaults: {
    _dom_classes: [],
    _options_labels: [],
    behavior: "drag-tap",
    continuous_update: true,
    description: "",
    description_allow_html: false,
    disabled: false,
    index: 0,
    layout: null,
    orientation: "horizontal",
    readout: true,
    style: null,
    tabbable: null,
    tooltip: null,
  },
  parts: { layout: Layout, style: SliderStyle },
});
export type SelectionSliderBase = InstanceType<typeof SelectionSliderBase>;

interface StackState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** Use a predefined styling for the box. */
  box_style: "success" | "info" | "warning" | "danger" | "";
  /** List of widget children */
  children: readonly WidgetModel<object>[];
  layout: Layout;
  /** The index of the selected page. This is either an integer selecting a particular sub-widget, or None to have no widgets selected. */
  selected_index: number | null;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** Titles of the pages */
  titles: readonly string[];
  /** A tooltip caption. */
  tooltip: string | null;
}
export const Stack = controlClass<StackState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "StackModel",
  view: "StackView",
  defaults: {
    _dom_classes: [],
    box_style: "",
    children: [],
    layout: null,
    selected_index: null,
    tabbable: null,
    titles: [],
    tooltip: null,
  },
  parts: { layout: Layout },
});
export type Stack = InstanceType<typeof Stack>;

export interface TabState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** Use a predefined styling for the box. */
  box_style: "success" | "info" | "warning" | "danger" | "";
  /** List of widget children */
  children: readonly WidgetModel<object>[];
  layout: Layout;
  /** The index of the selected page. This is either an integer selecting a particular sub-widget, or None to have no widgets selected. */
  selected_index: number | null;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** Titles of the pages */
  titles: readonly string[];
  /** A tooltip caption. */
  tooltip: string | null;
}
export const TabBase = controlClass<TabState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "TabModel",
  view: "TabView",
  defaults: {
    _dom_classes: [],
    box_style: "",
    children: [],
    layout: null,
    selected_index: null,
    tabbable: null,
    titles: [],
    tooltip: null,
  },
  parts: { layout: Layout },
});
export type TabBase = InstanceType<typeof TabBase>;

interface TagsInputState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  allow_duplicates: boolean;
  allowed_tags: readonly unknown[];
  /** Description of the control. */
  description: string;
  /** Accept HTML in the description. */
  description_allow_html: boolean;
  layout: Layout;
  placeholder: string;
  /** Styling customizations */
  style: DescriptionStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** Use a predefined styling for the tags. */
  tag_style: "primary" | "success" | "info" | "warning" | "danger" | "";
  /** A tooltip caption. */
  tooltip: string | null;
  /** List of string tags */
  value: readonly unknown[];
}
export const TagsInput = controlClass<TagsInputState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "TagsInputModel",
  view: "TagsInputView",
  defaults: {
    _dom_classes: [],
    allow_duplicates: true,
    allowed_tags: [],
    description: "",
    description_allow_html: false,
    layout: null,
    placeholder: "​",
    style: null,
    tabbable: null,
    tag_style: "",
    tooltip: null,
    value: [],
  },
  parts: { layout: Layout, style: DescriptionStyle },
});
export type TagsInput = InstanceType<typeof TagsInput>;

export interface TextState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** Update the value as the user types. If False, update on submission, e.g., pressing Enter or navigating away. */
  continuous_update: boolean;
  /** Description of the control. */
  description: string;
  /** Accept HTML in the description. */
  description_allow_html: boolean;
  /** Enable or disable user changes */
  disabled: boolean;
  layout: Layout;
  /** Placeholder text to display when nothing has been typed */
  placeholder: string;
  style: TextStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
  /** String value */
  value: string;
}
export const TextBase = controlClass<TextState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "TextModel",
  view: "TextView",
  defaults: {
    _dom_classes: [],
    continuous_update: true,
    description: "",
    description_allow_html: false,
    disabled: false,
    layout: null,
    placeholder: "​",
    style: null,
    tabbable: null,
    tooltip: null,
    value: "",
  },
  parts: { layout: Layout, style: TextStyle },
});
export type TextBase = InstanceType<typeof TextBase>;

interface TextareaState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** Update the value as the user types. If False, update on submission, e.g., pressing Enter or navigating away. */
  continuous_update: boolean;
  /** Description of the control. */
  description: string;
  /** Accept HTML in the description. */
  description_allow_html: boolean;
  /** Enable or disable user changes */
  disabled: boolean;
  layout: Layout;
  /** Placeholder text to display when nothing has been typed */
  placeholder: string;
  /** The number of rows to display. */
  rows: number | null;
  style: TextStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
  /** String value */
  value: string;
}
export const Textarea = controlClass<TextareaState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "TextareaModel",
  view: "TextareaView",
  defaults: {
    _dom_classes: [],
    continuous_update: true,
    description: "",
    description_allow_html: false,
    disabled: false,
    layout: null,
    placeholder: "​",
    rows: null,
    style: null,
    tabbable: null,
    tooltip: null,
    value: "",
  },
  parts: { layout: Layout, style: TextStyle },
});
export type Textarea = InstanceType<typeof Textarea>;

interface TimePickerState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** Description of the control. */
  description: string;
  /** Accept HTML in the description. */
  description_allow_html: boolean;
  /** Enable or disable user changes. */
  disabled: boolean;
  layout: Layout;
  max: string | null;
  min: string | null;
  /** The time step to use for the picker, in seconds, or "any". */
  step: number | string;
  /** Styling customizations */
  style: DescriptionStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
  value: string | null;
}
export const TimePicker = controlClass<TimePickerState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "TimeModel",
  view: "TimeView",
  defaults: {
    _dom_classes: [],
    description: "",
    description_allow_html: false,
    disabled: false,
    layout: null,
    max: null,
    min: null,
    step: 60,
    style: null,
    tabbable: null,
    tooltip: null,
    value: null,
  },
  parts: { layout: Layout, style: DescriptionStyle },
  forms: { max: timeForm, min: timeForm, value: timeForm },
});
export type TimePicker = InstanceType<typeof TimePicker>;

interface ToggleButtonState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** Use a predefined styling for the button. */
  button_style: "primary" | "success" | "info" | "warning" | "danger" | "";
  /** Description of the control. */
  description: string;
  /** Accept HTML in the description. */
  description_allow_html: boolean;
  /** Enable or disable user changes. */
  disabled: boolean;
  /** Font-awesome icon. */
  icon: string;
  layout: Layout;
  /** Styling customizations */
  style: ToggleButtonStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
  /** Bool value */
  value: boolean;
}
export const ToggleButton = controlClass<ToggleButtonState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "ToggleButtonModel",
  view: "ToggleButtonView",
  defaults: {
    _dom_classes: [],
    button_style: "",
    description: "",
    description_allow_html: false,
    disabled: false,
    icon: "",
    layout: null,
    style: null,
    tabbable: null,
    tooltip: null,
    value: false,
  },
  parts: { layout: Layout, style: ToggleButtonStyle },
});
export type ToggleButton = InstanceType<typeof ToggleButton>;

export interface ToggleButtonsState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** The labels for the options. */
  _options_labels: readonly string[];
  /** Use a predefined styling for the buttons. */
  button_style: "primary" | "success" | "info" | "warning" | "danger" | "" | null;
  /** Description of the control. */
  description: string;
  /** Accept HTML in the description. */
  description_allow_html: boolean;
  /** Enable or disable user changes */
  disabled: boolean;
  /** Icons names for each button (FontAwesome names without the fa- prefix). */
  icons: readonly string[];
  /** Selected index */
  index: number | null;
  layout: Layout;
  style: ToggleButtonsStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
  /** Tooltips for each button. */
  tooltips: readonly string[];
}
export const ToggleButtonsBase = controlClass<ToggleButtonsState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "ToggleButtonsModel",
  view: "ToggleButtonsView",
  defaults: {
    _dom_classes: [],
    _options_labels: [],
    button_style: "",
    description: "",
    description_allow_html: false,
    disabled: false,
    icons: [],
    index: null,
    layout: null,
    style: null,
    tabbable: null,
    tooltip: null,
    tooltips: [],
  },
  parts: { layout: Layout, style: ToggleButtonsStyle },
});
export type ToggleButtonsBase = InstanceType<typeof ToggleButtonsBase>;

interface VBoxState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** Use a predefined styling for the box. */
  box_style: "success" | "info" | "warning" | "danger" | "";
  /** List of widget children */
  children: readonly WidgetModel<object>[];
  layout: Layout;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
}
export const VBox = controlClass<VBoxState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "VBoxModel",
  view: "VBoxView",
  defaults: {
    _dom_classes: [],
    box_style: "",
    children: [],
    layout: null,
    tabbable: null,
    tooltip: null,
  },
  parts: { layout: Layout },
});
export type VBox = InstanceType<typeof VBox>;

interface ValidState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** Description of the control. */
  description: string;
  /** Accept HTML in the description. */
  description_allow_html: boolean;
  /** Enable or disable user changes. */
  disabled: boolean;
  layout: Layout;
  /** Message displayed when the value is False */
  readout: string;
  /** Styling customizations */
  style: DescriptionStyle;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
  /** Bool value */
  value: boolean;
}
export const Valid = controlClass<ValidState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "ValidModel",
  view: "ValidView",
  defaults: {
    _dom_classes: [],
    description: "",
    description_allow_html: false,
    disabled: false,
    layout: null,
    readout: "Invalid",
    style: null,
    tabbable: null,
    tooltip: null,
    value: false,
  },
  parts: { layout: Layout, style: DescriptionStyle },
});
export type Valid = InstanceType<typeof Valid>;

interface VideoState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  /** When true, the video starts when it's displayed */
  autoplay: boolean;
  /** Specifies that video controls should be displayed (such as a play/pause button etc) */
  controls: boolean;
  /** The format of the video. */
  format: string;
  /** Height of the video in pixels. */
  height: string;
  layout: Layout;
  /** When true, the video will start from the beginning after finishing */
  loop: boolean;
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
  /** The media data as a memory view of bytes. */
  value: BinaryBuffer;
  /** Width of the video in pixels. */
  width: string;
}
export const Video = controlClass<VideoState>({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: "VideoModel",
  view: "VideoView",
  defaults: {
    _dom_classes: [],
    autoplay: true,
    controls: true,
    format: "mp4",
    height: "",
    layout: null,
    loop: true,
    tabbable: null,
    tooltip: null,
    value: new Uint8Array(0),
    width: "",
  },
  parts: { layout: Layout },
});
export type Video = InstanceType<typeof Video>;

export interface OutputState {
  /** CSS classes applied to widget DOM element */
  _dom_classes: readonly string[];
  layout: Layout;
  /** Parent message id of messages to capture */
  msg_id: string;
  /** The output messages synced from the frontend. */
  outputs: readonly Readonly<Record<string, unknown>>[];
  /** Is widget tabbable? */
  tabbable: boolean | null;
  /** A tooltip caption. */
  tooltip: string | null;
}
export const OutputBase = controlClass<OutputState>({
  module: "@jupyter-widgets/output",
  version: "1.0.0",
  model: "OutputModel",
  view: "OutputView",
  defaults: {
    _dom_classes: [],
    layout: null,
    msg_id: "",
    outputs: [],
    tabbable: null,
    tooltip: null,
  },
  parts: { layout: Layout },
});
export type OutputBase = InstanceType<typeof OutputBase>;
