/** @throws Error: a page has no files */
export async function savePicture(_source: unknown, path: string): Promise<never> {
  throw new Error(
    `save: expected a place for the file ${path}, got a page, which has none. Use the menu "Save" of the picture.`,
  );
}
