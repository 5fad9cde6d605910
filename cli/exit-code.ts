import { CommanderError } from 'commander';
import { UsageError } from './errors.ts';

/** Tells the exit code of a command that did its work but whose answer is "no". */
export type SetExitCode = (code: number) => void;

/** 1 failed, 2 bad usage: what the arguments alone show. Help exits with 0. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  return error instanceof UsageError ? 2 : 1;
}
