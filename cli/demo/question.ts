import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { ReadStream } from 'node:tty';

export interface Question {
  readonly text: string;
  /** What Enter alone means; null where it must be said. */
  readonly byDefault: boolean | null;
  readonly input: Readable & Partial<Pick<ReadStream, 'isTTY' | 'setRawMode'>>;
  readonly output: Writable;
  /** Ends the question: somebody decided elsewhere. */
  readonly decided: AbortSignal;
}

/** So long nothing is typed that was typed before: what waits in the terminal comes at once. */
const discardMs = 100;
const interruptByte = 3;

/**
 * Asks until a line is yes or no. What was typed before the question is thrown away; any other line asks again. Null where `decided`
 * ends it. A terminal that closes decides nothing.
 */
export async function askYesNo({ text, byDefault, input, output, decided }: Question): Promise<boolean | null> {
  await discardTyped(input);
  if (decided.aborted) return null;
  const prompt = `${text} ${byDefault === null ? '[y/n]' : byDefault ? '[Y/n]' : '[y/N]'} `;
  const terminal = createInterface({ input, output, prompt });
  return new Promise((resolve) => {
    let hasEnded = false;
    const end = (answer: boolean | null): void => {
      hasEnded = true;
      decided.removeEventListener('abort', onDecided);
      terminal.close();
      resolve(answer);
    };
    const onDecided = (): void => end(null);
    decided.addEventListener('abort', onDecided);
    terminal.on('SIGINT', () => process.emit('SIGINT'));
    terminal.on('line', (line) => {
      const answer = meaningOf(line, byDefault);
      if (answer !== null) return end(answer);
      output.write('Answer y for yes or n for no.\n');
      terminal.prompt();
    });
    terminal.on('close', () => {
      if (!hasEnded) output.write('\nNothing was decided: `pawl approve` or `pawl reject` does.\n');
    });
    terminal.prompt();
  });
}

/** Null where the line is neither yes nor no. */
function meaningOf(line: string, byDefault: boolean | null): boolean | null {
  const said = line.trim().toLowerCase();
  if (said === '') return byDefault;
  if (said === 'y' || said === 'yes') return true;
  return said === 'n' || said === 'no' ? false : null;
}

async function discardTyped(input: Question['input']): Promise<void> {
  // Only a raw terminal hands over what no Enter has ended.
  if (input.isTTY === true) input.setRawMode?.(true);
  const discard = (bytes: Buffer | string): void => {
    if (Buffer.from(bytes).includes(interruptByte)) process.emit('SIGINT');
  };
  input.on('data', discard);
  input.resume();
  await delay(discardMs);
  input.off('data', discard);
  input.pause();
}
