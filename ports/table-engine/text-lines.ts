import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { TextDecoder } from 'node:util';
import * as zlib from 'node:zlib';
import { invalidSource } from './source-file.ts';

/** As `csv.encoding` names them. Latin-1 is read as Windows-1252, which has more characters in the same bytes. */
export type TextEncoding = 'utf-8' | 'utf-16' | 'latin-1';

/** A line without its end; the last one may have no end. */
export interface TextLine {
  readonly text: string;
  readonly end: string;
}

const lineEnd = /\r\n|\n|\r/g;
/** Characters. DuckDB takes no longer lines. */
const longestLine = 4_000_000;

/** The lines of a text file, compressed or not, without a byte order mark. Throws `InvalidDataError` for bytes that are not of the encoding. */
export async function* linesIn(path: string, encoding: TextEncoding): AsyncGenerator<readonly TextLine[]> {
  const decoder = new TextDecoder(await decoderFor(path, encoding), { fatal: true });
  let rest = '';
  let number = 1;
  for await (const bytes of bytesIn(path)) {
    rest += decoded(decoder, bytes, (before) => notInEncoding(path, encoding, number + endsIn(rest + before)));
    const { lines, left } = cut(rest);
    if (left.length > longestLine)
      throw invalidSource(path, `line ${number + lines.length} is longer than 2 MB: end each row by a line break`);
    rest = left;
    number += lines.length;
    yield lines;
  }
  rest += decoded(decoder, null, (before) => notInEncoding(path, encoding, number + endsIn(rest + before)));
  const { lines } = cut(`${rest}\n`);
  yield [...lines.slice(0, -1), { text: lines.at(-1)?.text ?? '', end: '' }];
}

/** `before` is what could be decoded. */
function decoded(decoder: TextDecoder, bytes: Uint8Array | null, fault: (before: string) => Error): string {
  try {
    return bytes === null ? decoder.decode() : decoder.decode(bytes, { stream: true });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const text = bytes === null ? '' : new TextDecoder(decoder.encoding).decode(bytes);
    throw fault(text.slice(0, Math.max(0, text.indexOf('\uFFFD'))));
  }
}

const endsIn = (text: string): number => text.match(lineEnd)?.length ?? 0;

const notInEncoding = (path: string, encoding: TextEncoding, line: number): Error =>
  invalidSource(
    path,
    encoding === 'utf-8'
      ? `line ${line} is not UTF-8: declare csv.encoding (latin-1 or utf-16) in the dataset definition, or convert the file`
      : `line ${line} is not UTF-16: correct csv.encoding in the dataset definition, or convert the file`,
  );

function cut(text: string): { lines: TextLine[]; left: string } {
  const lines: TextLine[] = [];
  let from = 0;
  for (const { 0: end, index } of text.matchAll(lineEnd)) {
    // Its other half may be in the bytes that follow.
    if (end === '\r' && index === text.length - 1) break;
    lines.push({ text: text.slice(from, index), end });
    from = index + end.length;
  }
  return { lines, left: text.slice(from) };
}

async function decoderFor(path: string, encoding: TextEncoding): Promise<string> {
  if (encoding === 'utf-8') return 'utf-8';
  if (encoding === 'latin-1') return 'windows-1252';
  const [first, second] = await startOf(path);
  // Without a mark, ASCII tells the order: its high byte is 0.
  return (first === 0xfe && second === 0xff) || (first === 0 && second !== 0) ? 'utf-16be' : 'utf-16le';
}

/** The byte order mark that a text file begins with. */
export async function markOf(path: string): Promise<'utf-8' | 'utf-16' | null> {
  if (path.toLowerCase().endsWith('.zst') && !hasZstd) return null;
  const [first, second, third] = await startOf(path);
  if ((first === 0xfe && second === 0xff) || (first === 0xff && second === 0xfe)) return 'utf-16';
  return first === 0xef && second === 0xbb && third === 0xbf ? 'utf-8' : null;
}

async function startOf(path: string): Promise<Uint8Array> {
  for await (const bytes of bytesIn(path)) return bytes.subarray(0, 3);
  return new Uint8Array();
}

const { createZstdDecompress } = zlib as { createZstdDecompress?: () => NodeJS.ReadWriteStream };
const hasZstd = createZstdDecompress !== undefined;

async function* bytesIn(path: string): AsyncGenerator<Uint8Array> {
  const name = path.toLowerCase();
  const file = createReadStream(path);
  try {
    yield* (
      name.endsWith('.gz')
        ? through(file, zlib.createGunzip())
        : name.endsWith('.zst')
          ? through(file, zstd(path))
          : file
    ) as AsyncIterable<Uint8Array>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code?.startsWith('Z') !== true) throw error;
    throw invalidSource(path, 'its compressed bytes are damaged: write the file again');
  } finally {
    file.destroy();
  }
}

function through(file: Readable, unpack: NodeJS.ReadWriteStream): NodeJS.ReadableStream {
  file.once('error', (error) => (unpack as unknown as Readable).destroy(error));
  return file.pipe(unpack);
}

function zstd(path: string): NodeJS.ReadWriteStream {
  if (createZstdDecompress !== undefined) return createZstdDecompress();
  throw invalidSource(
    path,
    'this version of Node cannot unpack zstd to read its lines, as csv.comment, csv.skip and csv.encoding need: compress it with gzip',
  );
}
