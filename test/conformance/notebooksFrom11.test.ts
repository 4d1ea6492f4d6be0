import { notebookSuite } from "../fixtures/notebookSuite.ts";

notebookSuite(11, 14);
