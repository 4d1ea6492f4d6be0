import { notebookSuite } from "../fixtures/notebookSuite.ts";

notebookSuite(7, 10);
