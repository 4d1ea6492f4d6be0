import { wrongOption } from "./evaluateErrors.ts";

/**
 * Refuses what is no path of a folder. An object store can neither append to a log nor put a whole file in the place of another.
 * @param what the option, for the message: "evaluate folder"
 * @throws InputError ERR_OPTION
 */
export function checkFolder(what: string, folder: unknown): void {
  if (typeof folder !== "string" || folder === "")
    throw wrongOption(what, {
      expected: "the path of a folder",
      got: folder,
      fix: 'Write "runs/arithmetic".',
    });
  const [, scheme] = /^([a-z][a-z0-9+.-]+):\/\//i.exec(folder) ?? [];
  if (scheme === undefined) return;
  throw wrongOption(what, {
    expected: "the path of a folder, as finished samples are appended to files",
    got: folder,
    fix: `Mount a file system that all machines write to and name its folder, or evaluate into a folder and copy it to ${scheme}:// afterwards.`,
  });
}
