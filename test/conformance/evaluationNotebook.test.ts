import { test } from "node:test";
import { verifyNotebook } from "../fixtures/verifyNotebook.ts";

test("the notebook of an evaluation comes out as it was saved", (t) =>
  verifyNotebook(t, "06-evaluation.ipynb"));
