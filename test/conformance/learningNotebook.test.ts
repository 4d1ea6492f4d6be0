import { test } from "node:test";
import { verifyNotebook } from "../fixtures/verifyNotebook.ts";

test("the notebook of learning to think comes out as it was saved, its claims with it", (t) =>
  verifyNotebook(t, "17-learning-to-think.ipynb"));
