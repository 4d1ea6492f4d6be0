/** ipywidgets' marks of a view whose model has no kernel, and of one whose code is not there. */
const DISCONNECTED = ".jupyter-widgets-disconnected";
const ERROR = ".jupyter-widgets-error-widget";

/** Whether an output shows a widget that a kernel stands behind. Words that say why there is none are no element. */
export const isLive = (output: HTMLElement): boolean =>
  output.firstElementChild !== null && output.querySelector(`${DISCONNECTED}, ${ERROR}`) === null;

/** Whether the page has no code for the widget, as where anywidget's extension is not installed. */
export const lacksCode = (output: HTMLElement): boolean => output.querySelector(ERROR) !== null;
