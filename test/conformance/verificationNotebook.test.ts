import { test } from "node:test";
import { verifyNotebook } from "../fixtures/verifyNotebook.ts";

const NAME = "15-verification.ipynb";

test("the notebook of verification comes out as it was saved, its claims with it", (t) =>
  verifyNotebook(t, NAME));
