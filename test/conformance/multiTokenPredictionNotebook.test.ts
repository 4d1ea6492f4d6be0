import { test } from "node:test";
import { verifyNotebook } from "../fixtures/verifyNotebook.ts";

const NAME = "09-multi-token-prediction.ipynb";

test("the notebook of multi-token prediction comes out as it was saved, its claims with it", (t) =>
  verifyNotebook(t, NAME));
