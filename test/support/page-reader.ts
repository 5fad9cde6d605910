import { appendFile, writeFile } from 'node:fs/promises';
import { outputPattern, showsAll, type Block, type Command } from './page.ts';
import { Terminal } from './terminal.ts';

/** A command that was typed, and what the page showed of it last. */
interface Typed {
  readonly shell: Terminal;
  command: Command | null;
  shown: string | null;
}

interface Options {
  /** `~` of the page. */
  readonly home: string;
  /** Where terminals are opened. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Longest wait for a command. */
  readonly longestMs: number;
}

/** Does what a page says: types commands into terminals, writes files, and compares what is printed. */
export class PageReader {
  /** Texts of the page that differ here, such as ports, and what to write instead. */
  readonly instead = new Map<string, string>();
  readonly #options: Options;
  readonly #terminals = new Map<number, Typed>();

  constructor(options: Options) {
    this.#options = options;
  }

  /** Returns what was printed if the block shows output. Throws where the page is wrong. */
  async follow(block: Block): Promise<string> {
    const text = this.#here(block.text);
    if (block.kind === 'file') {
      // A file is written at the prompt of the first terminal.
      await this.#settle(this.#typed(1));
      const path = block.path.replace(/^~/, this.#options.home);
      await (block.adds ? appendFile(path, text) : writeFile(path, text, { flag: 'wx' }));
      return '';
    }
    const typed = this.#typed(block.terminal);
    if (block.kind === 'command') {
      await this.#settle(typed);
      Object.assign(typed, { command: block, shown: null });
      typed.shell.run(text);
      return '';
    }
    if (typed.command === null) throw new Error('no command before it in this terminal');
    typed.shown = text;
    const printed = await typed.shell.read(outputPattern(text), this.#options.longestMs);
    if (printed === null) throw new Error(`the page shows:\n${text}\n\nbut this was printed:\n${typed.shell.unread}`);
    return printed;
  }

  /** Waits for the commands of all terminals but these, which run until Ctrl-C. */
  async finish(endless: readonly number[]): Promise<void> {
    for (const [number, typed] of this.#terminals) if (!endless.includes(number)) await this.#settle(typed);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#terminals.values()].map(({ shell }) => shell.close()));
  }

  /** Waits for the end of a command: its exit code is that of the page, and the page showed all or said `...`. */
  async #settle({ shell, command, shown }: Typed): Promise<void> {
    if (command === null) return;
    const exit = await shell.ended(this.#options.longestMs);
    const about = `the command of line ${command.line}`;
    if (exit !== command.exit)
      throw new Error(`${about} ended with ${exit}, not ${command.exit}; it printed:\n${shell.unread}`);
    if (shown !== null && showsAll(shown) && shell.unread.trim() !== '')
      throw new Error(`${about} printed more than the page shows:\n${shell.unread}`);
  }

  #typed(number: number): Typed {
    const { cwd, env } = this.#options;
    const found = this.#terminals.get(number) ?? { shell: new Terminal({ cwd, env }), command: null, shown: null };
    this.#terminals.set(number, found);
    return found;
  }

  #here(text: string): string {
    let here = text;
    for (const [shown, meant] of this.instead) here = here.replaceAll(shown, meant);
    return here;
  }
}
