/** One entry of a notebook's outputs, as nbformat 4 has it. */
export type NotebookOutput = Readonly<Record<string, unknown>> & { readonly output_type: string };

/** Takes what code shows and prints instead of the cell. */
export interface OutputSink {
  /** Who keeps the comms open whose views are shown here; see `KernelHost.releaseComms`. */
  readonly owner: string;
  stream(name: "stdout" | "stderr", text: string): void;
  /** With an id, it can be updated as long as it is here. */
  append(output: NotebookOutput, displayId?: string): void;
  /** Puts `output` in place of what was appended with this id. @returns whether anything here was */
  update(displayId: string, output: NotebookOutput): boolean;
  clear(wait: boolean): void;
}
