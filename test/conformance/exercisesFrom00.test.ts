import { exerciseSuite } from "../fixtures/exerciseSuite.ts";

exerciseSuite(0, 6);
