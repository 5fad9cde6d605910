import type { Status } from '../../contracts/verdict.ts';

const colours = { dim: 2, red: 31, green: 32, yellow: 33, cyan: 36, bold: 1 } as const;

const ofStatus: Record<Status, keyof typeof colours> = {
  pass: 'green',
  warn: 'yellow',
  fail: 'red',
  inconclusive: 'cyan',
  skipped: 'dim',
};

/** Writes the story to the terminal: colours only where there is one. */
export class Printer {
  private readonly coloured: boolean;
  private readonly startedAt = Date.now();

  constructor(coloured: boolean) {
    this.coloured = coloured;
  }

  paint(colour: keyof typeof colours, text: string): string {
    return this.coloured ? `\u001B[${colours[colour]}m${text}\u001B[0m` : text;
  }

  status(status: Status): string {
    return this.paint(ofStatus[status], status);
  }

  title(text: string, about?: string): void {
    this.line('');
    this.line(this.paint('bold', text));
    if (about !== undefined) for (const row of wrap(about, 100)) this.line(`  ${this.paint('dim', row)}`);
  }

  /** A line with the time since the start. */
  event(text: string): void {
    const seconds = ((Date.now() - this.startedAt) / 1000).toFixed(0).padStart(4);
    this.line(`${this.paint('dim', `${seconds} s`)}  ${text}`);
  }

  /** A remark under an event. */
  aside(text: string): void {
    for (const row of wrap(text, 90)) this.line(`                     ${this.paint('dim', row)}`);
  }

  line(text: string): void {
    process.stdout.write(`${text}\n`);
  }

  /** Columns aligned by their widest cell; the last one is wrapped. */
  table(rows: readonly (readonly string[])[], indent = '  '): void {
    const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => width(row[column] ?? ''))));
    for (const row of rows) {
      const before = row
        .slice(0, -1)
        .map((cell, column) => `${cell}${' '.repeat((widths[column] ?? 0) - width(cell))}  `)
        .join('');
      const left = indent.length + width(before);
      const [first = '', ...more] = wrap(
        row.at(-1) ?? '',
        Math.max(leastColumns, (process.stdout.columns ?? Infinity) - left),
      );
      this.line(indent + before + first);
      for (const text of more) this.line(' '.repeat(left) + text);
    }
  }
}

/** A last column is not made narrower than this. */
const leastColumns = 40;
const escape = String.fromCharCode(27);
const codes = new RegExp(`${escape}\\[\\d+m`, 'g');
const width = (text: string): number => text.replaceAll(codes, '').length;

function wrap(text: string, columns: number): string[] {
  const rows: string[] = [''];
  for (const word of text.split(' ')) {
    const row = rows.at(-1) ?? '';
    if (row !== '' && width(row) + width(word) + 1 > columns) rows.push(word);
    else rows[rows.length - 1] = row === '' ? word : `${row} ${word}`;
  }
  return rows;
}
