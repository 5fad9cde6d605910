/** The bins of four columns in a word of 32 bits for each row, the first column in the lowest byte. */
export interface Binned {
  readonly rows: number;
  readonly words: readonly Uint32Array[];
}

export const columnsOfWord = 4;

/** Packs the bins of columns, one after the other; a step each. */
export function* packColumns(columns: Iterable<Uint8Array>, rows: number): Generator<void, Binned, void> {
  const words: Uint32Array[] = [];
  let column = 0;
  for (const bins of columns) {
    const word = (words[column >> 2] ??= new Uint32Array(rows));
    const shift = 8 * (column & 3);
    for (let row = 0; row < rows; row++) word[row]! |= bins[row]! << shift;
    column += 1;
    yield;
  }
  return { rows, words };
}

/** The words that hold a column, and by how many bits its bins are shifted. */
export const columnAt = ({ words }: Binned, column: number): { words: Uint32Array; shift: number } => ({
  words: words[column >> 2]!,
  shift: 8 * (column & 3),
});
