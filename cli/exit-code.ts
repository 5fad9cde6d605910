/** Tells the exit code of a command that did its work but whose answer is "no". */
export type SetExitCode = (code: number) => void;
