import { test } from "node:test";
import { verifyNotebook } from "../fixtures/verifyNotebook.ts";

const NAME = "11-fp8.ipynb";

test("the notebook of FP8 comes out as it was saved, its claims with it", (t) =>
  verifyNotebook(t, NAME));
