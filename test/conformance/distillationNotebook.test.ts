import { test } from "node:test";
import { verifyNotebook } from "../fixtures/verifyNotebook.ts";

test("the notebook of distillation comes out as it was saved, its claims with it", (t) =>
  verifyNotebook(t, "12-distillation.ipynb"));
