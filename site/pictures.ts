/** A picture of the live page, as the folder of its widget is called. */
export type PictureName = "tokens" | "attention" | "routing" | "anatomy" | "stepper" | "cost";

/** What the page says of a picture. */
interface PictureEntry {
  readonly name: PictureName;
  readonly title: string;
  /** What it answers, in a sentence. */
  readonly about: string;
}

/** The pictures of the live page, in the order of their buttons. */
export const PICTURES: readonly PictureEntry[] = [
  {
    name: "tokens",
    title: "Tokens",
    about: "How the text falls into tokens, and how surprised the model was by each.",
  },
  {
    name: "attention",
    title: "Attention",
    about: "Which earlier tokens each of the 24 heads reads from.",
  },
  {
    name: "routing",
    title: "Routing",
    about: "Which 2 of 16 experts each token was sent to, layer by layer.",
  },
  {
    name: "anatomy",
    title: "Anatomy",
    about: "What the model is built of, with shapes and parameters.",
  },
  {
    name: "stepper",
    title: "Stepper",
    about: "The forward pass one operator at a time, with numbers to read and to overwrite.",
  },
  {
    name: "cost",
    title: "Cost",
    about: "What each token cost in operations, bytes, time and money.",
  },
];

/** Those that are open where a link names none. */
export const FIRST_PICTURES: readonly PictureName[] = ["tokens", "attention"];

/** Whether a picture is called so. */
export const isPictureName = (name: string): name is PictureName =>
  PICTURES.some((picture) => picture.name === name);
