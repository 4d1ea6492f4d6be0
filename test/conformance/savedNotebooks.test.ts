import { describe, test } from "node:test";
import { verifyNotebook } from "../fixtures/verifyNotebook.ts";

/** Notebooks whose numbers are the same on every machine; their last cells throw where a claim is false. */
const SAVED = ["13-tools.ipynb", "14-retrieval.ipynb", "16-training-at-scale.ipynb"];

describe("notebooks come out as they were saved, their claims with them", () => {
  for (const name of SAVED) test(name, (t) => verifyNotebook(t, name));
});
