/** @throws Error: a file of one picture is written by Node */
export function pictureHtml({ name }: { readonly name: string }): never {
  throw new Error(
    `${name}.html: expected Node, which writes such files, got a page. Save the image or the numbers, or write ${name}(run).save("${name}.html") in a notebook.`,
  );
}
