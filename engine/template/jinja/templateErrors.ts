/** What Python would raise while it renders: a TypeError, an UndefinedError, a KeyError... */
export class PythonError extends Error {}

/** What the template itself raised, with `raise_exception`. */
export class TemplateRaised extends Error {}

/** What Python's Jinja can do and this one cannot. The message names it. */
export class UnsupportedByUs extends Error {}

/** A template that Python's Jinja does not compile either. */
export class TemplateSyntaxError extends Error {
  /** @param line counted from 1 */
  constructor(message: string, line: number) {
    super(`${message} (line ${line})`);
  }
}
