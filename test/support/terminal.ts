import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from './patience.ts';

const marker = '\u0001ended';

/** A shell that is typed into, one command block after the other, and what it printed on either stream. */
export class Terminal {
  readonly #shell: ChildProcess;
  readonly #folder = mkdtempSync(join(tmpdir(), 'pawl-terminal-'));
  #unread = '';
  #exit: number | null = 0;
  #isClosed = false;

  constructor(options: { cwd: string; env: NodeJS.ProcessEnv }) {
    // A group of its own, as of a terminal: Ctrl-C reaches all that runs in it.
    this.#shell = spawn('bash', ['--noprofile', '--norc'], { ...options, detached: true });
    this.#shell.once('close', () => (this.#isClosed = true));
    this.#shell.stdout?.setEncoding('utf8').on('data', (part: string) => this.#take(part));
    this.#type(`exec 2>&1; trap '__exit=$?' ERR`);
  }

  /** What was printed and not read yet. */
  get unread(): string {
    return this.#unread;
  }

  /** Exit code of the last command that failed in the block; 0 where none did, null while the block runs. */
  get exit(): number | null {
    return this.#exit;
  }

  run(commands: string): void {
    const path = join(this.#folder, 'block.sh');
    writeFileSync(path, `${commands}\n`);
    this.#unread = '';
    this.#exit = null;
    // Commands must not read what is typed after them.
    this.#type(`__exit=0; . '${path}' </dev/null; printf '\\n${marker} %s\\n' "$__exit"`);
  }

  /** Waits until what was printed begins so, takes it away and returns it. */
  async read(pattern: RegExp, ms: number): Promise<string> {
    const found = await waitFor(
      `output like ${pattern}`,
      () => {
        const whole = this.#exit === null ? this.#unread.replace(/[^\n]*$/, '') : this.#unread;
        const [match] = pattern.exec(whole) ?? [];
        if (match !== undefined) return { match };
        return this.#exit === null ? null : { match };
      },
      ms,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}; it printed:\n${this.#unread}`);
    });
    if (found.match === undefined)
      throw new Error(`it ended, and did not print the like of ${pattern}, but:\n${this.#unread}`);
    this.#unread = this.#unread.slice(found.match.length);
    return found.match;
  }

  /** Waits until the block has ended, and returns its exit code. */
  async ended(ms: number): Promise<number> {
    const { exit } = await waitFor(
      'the end of the command',
      () => (this.#exit === null ? null : { exit: this.#exit }),
      ms,
    );
    return exit;
  }

  /** Ctrl-C, then the end of the shell. */
  async close(): Promise<void> {
    const group = this.#shell.pid;
    const send = (signal: NodeJS.Signals): void => {
      try {
        if (group !== undefined) process.kill(-group, signal);
      } catch {
        // All of it has ended.
      }
    };
    send('SIGINT');
    this.#shell.stdin?.end('exit\n');
    await waitFor('the end of the shell', () => this.#isClosed, 30_000).catch(() => send('SIGKILL'));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #type(line: string): void {
    this.#shell.stdin?.write(`${line}\n`);
  }

  #take(part: string): void {
    const [printed = '', code] = (this.#unread + part).split(new RegExp(`\n${marker} (\\d+)\n`));
    this.#unread = printed;
    if (code !== undefined) this.#exit = Number(code);
  }
}
