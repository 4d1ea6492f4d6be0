/** A word of a command line as a POSIX shell reads it: in quotes where it has letters that mean something there. */
export function shellWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
