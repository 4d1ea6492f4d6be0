/** Put there by the build. */
declare const VITRINE_VERSION: string;

/** The version that the page was built from. */
export const packageVersion = (): string => VITRINE_VERSION;
