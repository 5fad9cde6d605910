import { shownLines, shownText } from '../contracts/shown-text.ts';

/** Prints JSON on one line, or what people read. */
export function print(options: { json?: boolean }, value: unknown, human: () => string): void {
  process.stdout.write(`${options.json === true ? JSON.stringify(value) : shownLines(human())}\n`);
}

/** A text, or lines of a text of ours: a line end in what comes from outside is shown as such. */
export type ShownCell = string | readonly string[];

/** Columns aligned by their widest cell. `empty` replaces a table without rows. */
export function table(header: readonly string[], rows: readonly (readonly ShownCell[])[], empty = 'none'): string {
  if (rows.length === 0) return empty;
  const all = [header, ...rows].flatMap((row: readonly ShownCell[]) => {
    const cells = row.map((cell) => (typeof cell === 'string' ? [cell] : cell));
    const height = Math.max(1, ...cells.map((lines) => lines.length));
    return Array.from({ length: height }, (_, k) => cells.map((lines) => shownText(lines[k] ?? '', Infinity)));
  });
  const widths = header.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** `name   value` lines. */
export const fields = (pairs: readonly (readonly [string, string])[]): string => {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs.map(([name, value]) => `${name.padEnd(width)}  ${shownLines(value)}`).join('\n');
};

export const roundedPercent = (share: number): string => `${Number((100 * share).toFixed(1))} %`;

/** `2026-01-31 12:00:00`, UTC. */
export const time = (iso: string | Date | null | undefined): string => {
  if (iso === null || iso === undefined) return '';
  return (typeof iso === 'string' ? iso : iso.toISOString()).slice(0, 19).replace('T', ' ');
};

export const shortDigest = (digest: string): string => digest.slice(0, 'sha256:'.length + 12);
