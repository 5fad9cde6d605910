/** Takes a line about what went wrong and is being retried. */
export type Report = (message: string) => void;

export const reportToStderr: Report = (message) => {
  process.stderr.write(`${new Date().toISOString()} gateway: ${message}\n`);
};

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
