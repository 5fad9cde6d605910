import { crc32 } from './crc32.ts';
import { ByteReader } from './log-bytes.ts';
import {
  armCodes,
  flags,
  forms,
  headerBytes,
  kinds,
  mark,
  type TensorColumn,
  type EntryContext,
} from './log-format.ts';
import type { LogEntry } from '../contracts/serving/prediction-log.ts';
import { tensorTypes, type Tensor } from '../contracts/data/tensor.ts';

export interface DecodedFrames {
  readonly entries: LogEntry[];
  /** Where the last whole frame ends. */
  readonly end: number;
}

/** Reads a segment in pieces: each call goes on where the last whole frame of the one before ended. */
export class FrameReader {
  readonly #contexts = new Map<number, EntryContext>();
  readonly #columns = new Map<number, readonly TensorColumn[]>();

  /**
   * Hands out the entries up to the first frame that is torn or corrupt, and returns where the last whole one ends; throws only
   * what `take` does.
   */
  read(bytes: Uint8Array, take: (entry: LogEntry) => void): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const reader = new ByteReader(bytes);
    let end = 0;
    while (end + headerBytes <= bytes.length) {
      const length = view.getUint32(end + 4, true);
      const next = end + length;
      if (length < headerBytes || next > bytes.length || bytes[end + 8] !== mark) break;
      if (view.getUint32(end, true) !== crc32(view, end + 4, next)) break;
      reader.at = end + headerBytes;
      const entry = this.#tryFrame(bytes[end + 9], reader);
      if (entry === undefined || reader.at !== next) break;
      end = next;
      if (entry !== null) take(entry);
    }
    return end;
  }

  /** Undefined where it cannot be read, null where it defines something. */
  #tryFrame(kind: number | undefined, reader: ByteReader): LogEntry | null | undefined {
    try {
      return this.#frame(kind, reader);
    } catch {
      return undefined;
    }
  }

  #frame(kind: number | undefined, reader: ByteReader): LogEntry | null {
    switch (kind) {
      case kinds.context:
        this.#contexts.set(reader.count(), readContext(reader));
        return null;
      case kinds.columns:
        this.#columns.set(reader.count(), readColumns(reader));
        return null;
      case kinds.prediction:
        return this.#prediction(reader);
      case kinds.mirror:
        return this.#mirror(reader);
      case kinds.feedback:
        return this.#feedback(reader);
      default:
        throw new RangeError(`there is no kind ${kind} of frame`);
    }
  }

  #prediction(reader: ByteReader): LogEntry {
    const flag = reader.byte();
    const { model, version, arm, share, seq, release, instance } = defined(this.#contexts, reader.count());
    const inputs = defined(this.#columns, reader.count());
    const outputs = defined(this.#columns, reader.count());
    const at = reader.float();
    const ms = reader.float();
    const modelMs = reader.float();
    const rows = reader.count();
    const id = reader.text();
    const key = (flag & flags.keyIsId) === 0 ? reader.text() : id;
    const error = (flag & flags.error) === 0 ? null : reader.text();
    if (arm === null) throw new RangeError('a prediction has an arm');
    return {
      kind: 'prediction',
      id,
      key,
      at,
      model,
      version,
      arm,
      share,
      seq,
      release,
      instance,
      ms,
      modelMs,
      error,
      rows,
      inputs: readTensors(reader, inputs, rows),
      outputs: readTensors(reader, outputs, rows),
    };
  }

  #mirror(reader: ByteReader): LogEntry {
    const flag = reader.byte();
    const { model, version, seq, release, instance } = defined(this.#contexts, reader.count());
    const columns = defined(this.#columns, reader.count());
    const at = reader.float();
    const ms = reader.float();
    const rows = reader.count();
    const id = reader.text();
    const error = (flag & flags.error) === 0 ? null : reader.text();
    const outputs = readTensors(reader, columns, rows);
    return { kind: 'mirror', id, at, model, version, seq, release, instance, ms, error, rows, outputs };
  }

  #feedback(reader: ByteReader): LogEntry {
    const flag = reader.byte();
    const { model, instance } = defined(this.#contexts, reader.count());
    const at = reader.float();
    const id = reader.text();
    const named = (flag & flags.noLabel) === 0;
    const text = named && (flag & flags.number) === 0 ? reader.text() : null;
    const source = (flag & flags.source) === 0 ? null : reader.text();
    const asked = (flag & flags.asked) === 0 ? null : { key: reader.text(), time: reader.float() };
    const label = named && text === null ? reader.float() : text;
    const value = (flag & flags.value) === 0 ? null : reader.float();
    return {
      kind: 'feedback',
      id,
      at,
      model,
      label,
      value,
      instance,
      ...(source === null ? {} : { source }),
      ...(asked === null ? {} : { asked }),
    };
  }
}

/** The entries of a segment, or of its begin, up to the first frame that is torn or corrupt; never throws. */
export function decodeFrames(bytes: Uint8Array): DecodedFrames {
  const entries: LogEntry[] = [];
  const end = new FrameReader().read(bytes, (entry) => entries.push(entry));
  return { entries, end };
}

function defined<T>(numbers: ReadonlyMap<number, T>, n: number): T {
  const found = numbers.get(n);
  if (found === undefined) throw new RangeError(`number ${n} is not defined in this segment`);
  return found;
}

function readContext(reader: ByteReader): EntryContext {
  const model = reader.text();
  const instance = reader.text();
  const version = reader.float();
  const seq = reader.float();
  const share = reader.float();
  const arm = armCodes[reader.byte()];
  if (arm === undefined) throw new RangeError('there is no such arm');
  return { model, instance, version, seq, share, arm, release: reader.byte() === 0 ? null : reader.text() };
}

function readColumns(reader: ByteReader): TensorColumn[] {
  const columns: TensorColumn[] = [];
  for (let left = reader.count(); left > 0; left -= 1) {
    const name = reader.text();
    const type = tensorTypes[reader.byte()];
    if (type === undefined) throw new RangeError(`"${name}" has no type`);
    columns.push({ name, type, form: reader.count() });
  }
  return columns;
}

function readTensors(reader: ByteReader, columns: readonly TensorColumn[], rows: number): Record<string, Tensor> {
  const tensors: [string, Tensor][] = [];
  for (const { name, type, form } of columns) tensors.push([name, reader.tensor(type, readShape(reader, form, rows))]);
  return Object.fromEntries(tensors);
}

function readShape(reader: ByteReader, form: number, rows: number): number[] {
  if (form === forms.rows) return [rows];
  if (form === forms.column) return [rows, 1];
  const shape: number[] = [];
  for (let axis = forms.any; axis < form; axis += 1) shape.push(reader.count());
  return shape;
}
