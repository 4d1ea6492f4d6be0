import { exerciseSuite } from "../fixtures/exerciseSuite.ts";

exerciseSuite(7, 10);
