/**
 * Mutants that no test can kill, because the program does the same with them: they are not counted. One that is listed and
 * killed all the same, or is not there any more, fails the run, so that the list stays true.
 */
export type Equivalent = { file: string; line: string; code: string; by: string; why: string }

export const equivalents: Equivalent[] = []
