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
  #hasEnded = false;

  constructor(options: { cwd: string; env: NodeJS.ProcessEnv }) {
    // A group of its own, as of a terminal: Ctrl-C reaches all that runs in it.
    this.#shell = spawn('bash', ['--noprofile', '--norc'], { ...options, detached: true });
    // It may have ended by Ctrl-C.
    this.#shell.stdin?.on('error', () => undefined);
    this.#shell.once('exit', () => (this.#hasEnded = true));
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

  /** Waits until what was printed begins so, takes it away and returns it; null where the block ends, or the time is over, before. */
  async read(pattern: RegExp, ms: number): Promise<string | null> {
    const { match } = await waitFor(
      'output',
      () => {
        const whole = this.#exit === null ? this.#unread.replace(/[^\n]*$/, '') : this.#unread;
        const [match] = pattern.exec(whole) ?? [];
        if (match !== undefined) return { match };
        return this.#exit === null ? null : { match: null };
      },
      ms,
    ).catch(() => ({ match: null }));
    this.#unread = this.#unread.slice(match?.length ?? 0);
    return match;
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
    /** Whether any process of the group is left. */
    const send = (signal: NodeJS.Signals | 0): boolean => {
      try {
        return group !== undefined && process.kill(-group, signal);
      } catch {
        return false;
      }
    };
    send('SIGINT');
    this.#shell.stdin?.end();
    await waitFor('the end of the shell', () => this.#hasEnded, 30_000).catch(() => undefined);
    // Commands in the background do not notice Ctrl-C.
    send('SIGTERM');
    await waitFor('the end of all commands', () => !send(0), 30_000).catch(() => send('SIGKILL'));
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
