import { crc32 } from './crc32.ts';
import { ByteWriter } from './log-bytes.ts';
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

type Tensors = Readonly<Record<string, Tensor>>;

/** Definitions from which a segment should end, so that what each segment repeats, and looking for one, stay small. */
const mostDefinitions = 256;

/** A buffer that a burst made grow beyond it is let go. */
const mostKept = 4 * 1024 * 1024;

/** What has a number. A segment holds frames of one such set alone; it may begin with all of the set's own frames. */
export class FrameDefinitions {
  readonly contexts: EntryContext[] = [];
  readonly columns: (readonly TensorColumn[])[] = [];
  readonly out = new ByteWriter(1_024);

  get frames(): Uint8Array {
    return this.out.bytes.slice(0, this.out.at);
  }

  /** So many that another set should begin soon. */
  get crowded(): boolean {
    return this.contexts.length > mostDefinitions || this.columns.length > mostDefinitions;
  }
}

/** Frames entries into a buffer that grows. */
export class FrameWriter {
  readonly #out: ByteWriter;
  #definitions = new FrameDefinitions();
  #context = 0;
  readonly #last = { inputs: 0, outputs: 0 };
  readonly #inputs: Tensor[] = [];
  readonly #outputs: Tensor[] = [];
  #spare: Uint8Array | null = null;

  constructor(capacity = 64 * 1024) {
    this.#out = new ByteWriter(capacity);
  }

  /** Bytes since the last `take`. */
  get length(): number {
    return this.#out.at;
  }

  /** In force for what `take` will give. */
  get definitions(): FrameDefinitions {
    return this.#definitions;
  }

  /**
   * Returns where the frame of the entry begins in what `take` will give; it ends at `length`. Definitions precede it. Throws
   * a `RangeError`, and appends nothing, where a tensor has more or fewer values than its shape.
   */
  append(entry: LogEntry): number {
    const { at } = this.#out;
    const { contexts, columns, out } = this.#definitions;
    const before = { contexts: contexts.length, columns: columns.length, at: out.at };
    try {
      return this.#append(entry);
    } catch (error) {
      this.#out.at = at;
      contexts.length = before.contexts;
      columns.length = before.columns;
      out.at = before.at;
      throw error;
    }
  }

  /** All that was appended since the last time, and lets go of it. */
  take(): Uint8Array {
    const { bytes, at } = this.#out;
    this.#out.use(this.#spare ?? new Uint8Array(bytes.length), 0);
    this.#spare = null;
    return bytes.subarray(0, at);
  }

  /** Gives bytes of `take` back, for use again. */
  recycle(bytes: Uint8Array): void {
    if (bytes.buffer.byteLength <= mostKept) this.#spare = new Uint8Array(bytes.buffer as ArrayBuffer);
  }

  /** Gives everything a number again. What `take` has not given yet belongs to the old set: take first. */
  restart(): void {
    this.#definitions = new FrameDefinitions();
  }

  #append(entry: LogEntry): number {
    const out = this.#out;
    const context = this.#contextOf(entry);
    switch (entry.kind) {
      case 'prediction': {
        const inputs = this.#columnsOf(entry.inputs, entry.rows, 'inputs', this.#inputs);
        const outputs = this.#columnsOf(entry.outputs, entry.rows, 'outputs', this.#outputs);
        const { id, key, error } = entry;
        const begin = this.#begin(out, kinds.prediction);
        const keyIsId = key === id;
        out.byte((keyIsId ? flags.keyIsId : 0) | (error === null ? 0 : flags.error));
        out.count(context);
        out.count(inputs);
        out.count(outputs);
        out.float(entry.at);
        out.float(entry.ms);
        out.float(entry.modelMs);
        out.count(entry.rows);
        out.text(id);
        if (!keyIsId) out.text(key);
        if (error !== null) out.text(error);
        this.#tensors(inputs, this.#inputs);
        this.#tensors(outputs, this.#outputs);
        return this.#end(out, begin);
      }
      case 'mirror': {
        const outputs = this.#columnsOf(entry.outputs, entry.rows, 'outputs', this.#outputs);
        const { id, error } = entry;
        const begin = this.#begin(out, kinds.mirror);
        out.byte(error === null ? 0 : flags.error);
        out.count(context);
        out.count(outputs);
        out.float(entry.at);
        out.float(entry.ms);
        out.count(entry.rows);
        out.text(id);
        if (error !== null) out.text(error);
        this.#tensors(outputs, this.#outputs);
        return this.#end(out, begin);
      }
      case 'feedback': {
        const { id, label, value, source, asked } = entry;
        const begin = this.#begin(out, kinds.feedback);
        const written = label === null ? flags.noLabel : typeof label === 'number' ? flags.number : 0;
        out.byte(
          written |
            (value === null ? 0 : flags.value) |
            (source === undefined ? 0 : flags.source) |
            (asked === undefined ? 0 : flags.asked),
        );
        out.count(context);
        out.float(entry.at);
        out.text(id);
        if (typeof label === 'string') out.text(label);
        if (source !== undefined) out.text(source);
        if (asked !== undefined) out.text(asked.key);
        out.reserve(24);
        if (asked !== undefined) out.float(asked.time);
        if (typeof label === 'number') out.float(label);
        if (value !== null) out.float(value);
        return this.#end(out, begin);
      }
    }
  }

  /** Reserves for the header and what every kind has of fixed length. */
  #begin(out: ByteWriter, kind: number): number {
    const begin = out.at;
    out.reserve(headerBytes + 64);
    out.at += 8;
    out.byte(mark);
    out.byte(kind);
    return begin;
  }

  #end(out: ByteWriter, begin: number): number {
    out.view.setUint32(begin + 4, out.at - begin, true);
    out.view.setUint32(begin, crc32(out.view, begin + 4, out.at), true);
    return begin;
  }

  #contextOf(entry: LogEntry): number {
    const { contexts } = this.#definitions;
    const known = contexts[this.#context];
    if (known !== undefined && isOf(known, entry)) return this.#context;
    for (let i = contexts.length - 1; i >= 0; i -= 1)
      if (isOf(contexts[i]!, entry)) {
        this.#context = i;
        return i;
      }
    const { model, instance } = entry;
    const asked = entry.kind === 'feedback' ? { version: 0, seq: 0, release: null } : entry;
    const { arm, share } = entry.kind === 'prediction' ? entry : { arm: null, share: 0 };
    const context: EntryContext = {
      model,
      version: asked.version,
      arm,
      share,
      seq: asked.seq,
      release: asked.release,
      instance,
    };
    this.#context = contexts.push(context) - 1;
    this.#define(kinds.context, this.#context, (out) => writeContext(out, context));
    return this.#context;
  }

  /** Number of the columns; their tensors are left in `tensors`. */
  #columnsOf(record: Tensors, rows: number, side: 'inputs' | 'outputs', tensors: Tensor[]): number {
    const { columns } = this.#definitions;
    const last = this.#last[side];
    const known = columns[last];
    if (known !== undefined && collect(known, record, rows, tensors)) return last;
    for (let i = columns.length - 1; i >= 0; i -= 1)
      if (collect(columns[i]!, record, rows, tensors)) {
        this.#last[side] = i;
        return i;
      }
    const made = Object.entries(record).map(([name, { type, shape }]): TensorColumn => ({
      name,
      type,
      form: formOf(shape, rows),
    }));
    const n = columns.push(made) - 1;
    this.#last[side] = n;
    collect(made, record, rows, tensors);
    this.#define(kinds.columns, n, (out) => writeColumns(out, made));
    return n;
  }

  #define(kind: number, n: number, write: (out: ByteWriter) => void): void {
    for (const out of [this.#out, this.#definitions.out]) {
      const begin = this.#begin(out, kind);
      out.count(n);
      write(out);
      this.#end(out, begin);
    }
  }

  #tensors(n: number, tensors: readonly Tensor[]): void {
    const out = this.#out;
    const columns = this.#definitions.columns[n]!;
    for (let i = 0; i < columns.length; i += 1) {
      const tensor = tensors[i]!;
      const { shape } = tensor;
      let size = 1;
      if (columns[i]!.form >= forms.any) {
        out.reserve(shape.length * 5);
        for (let axis = 0; axis < shape.length; axis += 1) {
          out.count(shape[axis]!);
          size *= shape[axis]!;
        }
      } else size = shape[0]!;
      out.values(tensor, size);
    }
  }
}

function isOf(context: EntryContext, entry: LogEntry): boolean {
  if (context.model !== entry.model || context.instance !== entry.instance) return false;
  if (entry.kind === 'feedback') return true;
  return (
    context.version === entry.version &&
    context.seq === entry.seq &&
    context.release === entry.release &&
    (entry.kind === 'mirror' || (context.arm === entry.arm && Object.is(context.share, entry.share)))
  );
}

function collect(columns: readonly TensorColumn[], record: Tensors, rows: number, tensors: Tensor[]): boolean {
  let i = 0;
  for (const name in record) {
    const column = columns[i];
    if (column === undefined || column.name !== name) return false;
    const tensor = record[name]!;
    const { shape } = tensor;
    const { form } = column;
    if (tensor.type !== column.type) return false;
    if (form === forms.column) {
      if (shape.length !== 2 || shape[0] !== rows || shape[1] !== 1) return false;
    } else if (form === forms.rows) {
      if (shape.length !== 1 || shape[0] !== rows) return false;
    } else if (shape.length !== form - forms.any) return false;
    tensors[i] = tensor;
    i += 1;
  }
  return i === columns.length;
}

function formOf(shape: readonly number[], rows: number): number {
  if (shape.length === 1 && shape[0] === rows) return forms.rows;
  if (shape.length === 2 && shape[0] === rows && shape[1] === 1) return forms.column;
  return forms.any + shape.length;
}

function writeContext(out: ByteWriter, context: EntryContext): void {
  out.text(context.model);
  out.text(context.instance);
  out.reserve(32);
  out.float(context.version);
  out.float(context.seq);
  out.float(context.share);
  out.byte(armCodes.indexOf(context.arm));
  out.byte(context.release === null ? 0 : 1);
  if (context.release !== null) out.text(context.release);
}

function writeColumns(out: ByteWriter, columns: readonly TensorColumn[]): void {
  out.reserve(5);
  out.count(columns.length);
  for (const { name, type, form } of columns) {
    out.text(name);
    out.reserve(8);
    out.byte(tensorTypes.indexOf(type));
    out.count(form);
  }
}
