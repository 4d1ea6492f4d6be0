/** Stands in for `process.cwd` in packages that ask for it: a page has no working folder. */
export const workingFolder = (): string => "/";
