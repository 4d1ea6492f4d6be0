/** What is said below a picture that no kernel stands behind. */
export const SAVED_STATE =
  "Saved with the notebook. Run the cell to ask the model what is not here.";
export const SAVED_PICTURE = "Saved picture. Run the cell for the live widget.";
export const NOT_TRUSTED =
  "Saved picture. This notebook is not trusted, so no code of it runs: run the cell, or trust the notebook, for the live widget.";

export function pictureNote(text: string): HTMLElement {
  const note = document.createElement("div");
  note.className = "vitrine-picture-note";
  note.textContent = text;
  return note;
}
