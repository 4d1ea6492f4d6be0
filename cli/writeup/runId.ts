const RANDOM = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const STABLE = /^run-\d+-[0-9a-f]{8}$/;

/** Whether a text in the state of a picture names a run of one process, or is what `vitrine run` put in the place of such a name. */
export const isRunId = (text: string): boolean => RANDOM.test(text) || STABLE.test(text);

/** The name that `vitrine run` gives to the nth run of a notebook. @param notebook 8 digits of its hash: pages may show several */
export const stableRunId = (n: number, notebook: string): string => `run-${n}-${notebook}`;
