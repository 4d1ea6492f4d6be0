import { assertCostNotebookClaims } from "../fixtures/costNotebookClaims.ts";
import { notebookSuite } from "../fixtures/notebookSuite.ts";
import { assertStepNotebookClaims } from "../fixtures/stepNotebookClaims.ts";

notebookSuite(1, 4, {
  "02-step-by-step.ipynb": assertStepNotebookClaims,
  "04-token-costs.ipynb": assertCostNotebookClaims,
});
