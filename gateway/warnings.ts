import { shownText } from '../contracts/shown-text.ts';

/** Takes a line about what went wrong and is being retried. */
export type Report = (message: string) => void;

const longestLine = 4_000;

export const reportToStderr: Report = (message) => {
  process.stderr.write(`${new Date().toISOString()} gateway: ${shownText(message, longestLine)}\n`);
};

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What went wrong, for clients: they are told no paths of this machine. */
export const publicMessageOf = (error: unknown): string => withoutPaths(messageOf(error));

/** Of a path, or of a URL of a file or a store, nothing is left. */
export const withoutPaths = (text: string): string => text.replaceAll(paths, '(path)');

const paths = /(?:\b[a-z0-9]+:\/{0,2})?(?:\/[\w.~@%+-]+){2,}\/?/g;

/** What is said instead of the message of an error that nobody foresaw. */
export const unexpectedMessage = 'the gateway failed on this request: its log says why';
