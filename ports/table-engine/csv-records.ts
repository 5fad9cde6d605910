/** Follows quotes through the lines of a CSV file: what is within quotes is of the cell, line breaks and comment characters included. */
export class CsvRecords {
  /** The line that comes next begins within a quoted cell. */
  quoted = false;
  /** Fields of the row so far. */
  fields = 0;

  readonly #quote: string;
  readonly #delimiters: string;

  /** each character of `delimiters` ends a field. */
  constructor(quote: string, delimiters: string) {
    this.#quote = quote;
    this.#delimiters = delimiters;
  }

  /** Reads one line. A quote opens a cell at its beginning alone; a doubled one within quotes is one. */
  read(line: string): void {
    if (!this.quoted) this.fields = 1;
    let begins = !this.quoted;
    for (let i = 0; i < line.length; i += 1) {
      const character = line[i] as string;
      if (this.quoted) {
        if (character !== this.#quote) continue;
        if (line[i + 1] === this.#quote) i += 1;
        else this.quoted = false;
      } else if (character === this.#quote && begins) this.quoted = true;
      else if (this.#delimiters.includes(character)) {
        this.fields += 1;
        begins = true;
      } else begins &&= character === ' ';
    }
  }
}

interface Written {
  readonly quote: string;
  /** What comes before a quote within a quoted cell. */
  readonly escape: string;
  /** Each character ends a field. */
  readonly delimiters: string;
}

/** A line whose quotes within quoted cells are written twice, as `CsvRecords` reads them. `quoted` says that it begins within such a cell. */
export function withDoubledQuotes(line: string, quoted: boolean, { quote, escape, delimiters }: Written): string {
  if (escape === quote || !line.includes(escape)) return line;
  let text = '';
  let within = quoted;
  let begins = !quoted;
  for (let i = 0; i < line.length; i += 1) {
    const character = line[i] as string;
    const next = line[i + 1];
    if (within && character === escape && (next === quote || next === escape)) {
      text += next === quote ? quote + quote : escape;
      i += 1;
      continue;
    }
    text += character;
    if (within) within = character !== quote;
    else if (character === quote && begins) within = true;
    else begins = delimiters.includes(character) || (begins && character === ' ');
  }
  return text;
}
