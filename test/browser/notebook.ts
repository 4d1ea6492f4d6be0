/** A notebook file with these code cells and nothing run. */
export function notebookOf(...sources: readonly string[]): string {
  const cells = sources.map((source, index) => ({
    cell_type: "code",
    id: `cell-${index}`,
    metadata: {},
    execution_count: null,
    outputs: [],
    source,
  }));
  const kernelspec = {
    name: "vitrine",
    display_name: "TypeScript (Vitrine)",
    language: "typescript",
  };
  return JSON.stringify({ cells, metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 });
}
