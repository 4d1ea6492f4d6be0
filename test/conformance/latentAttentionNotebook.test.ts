import { test } from "node:test";
import { verifyNotebook } from "../fixtures/verifyNotebook.ts";

const NAME = "07-latent-attention.ipynb";

test("the notebook of latent attention comes out as it was saved, its claims with it", (t) =>
  verifyNotebook(t, NAME));
