/** One entry of a notebook's outputs, as nbformat 4 has it. */
export type NotebookOutput = Readonly<Record<string, unknown>> & { readonly output_type: string };

/** Takes what code shows and prints instead of the cell. */
export interface OutputSink {
  /** Who keeps the comms open whose views are shown here; see `KernelHost.releaseComms`. */
  readonly owner: string;
  stream(name: "stdout" | "stderr", text: string): void;
  append(output: NotebookOutput): void;
  clear(wait: boolean): void;
}
