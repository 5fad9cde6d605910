import type { TensorSpec } from '../../../contracts/data/tensor.ts';
import { datatypeOf } from '../../../contracts/data/tensor.ts';
import { nextTurn } from '../../turn.ts';
import {
  exampleTensor,
  exampleValue,
  inputSchema,
  mayBeMissing,
  repeated,
  type DescribedInputs,
} from './column-schema.ts';
import { escaped } from './escaped.ts';

/** What is said of all columns of a version, as bytes that documents are put together from. */
export interface DescribedVersion {
  /** JSON schema of a record. */
  readonly record: Buffer;
  /** A record that the gateway takes, as JSON, and as a person reads it, in HTML. */
  readonly example: Buffer;
  readonly readable: Buffer;
  /** The same as a list of tensors. */
  readonly tensors: Buffer;
  /** Rows of an HTML table of the columns. */
  readonly table: Buffer;
}

/** Longest work on columns in one turn of the event loop, in milliseconds. */
const sliceMs = 1;

const known = new WeakMap<DescribedInputs['signature'], Promise<DescribedVersion>>();

/** Made once for a version in memory, in slices: there may be thousands of columns, each with hundreds of codes. */
export function describedVersion(described: DescribedInputs): Promise<DescribedVersion> {
  const { signature } = described;
  let made = known.get(signature);
  if (made === undefined) known.set(signature, (made = describe(described)));
  return made;
}

async function describe({ signature: { inputs }, columns }: DescribedInputs): Promise<DescribedVersion> {
  const [properties, required, example] = [new List(), new List(), new List()];
  const [readable, tensors, table] = [new List(), new List(), new List()];
  let since = performance.now();
  for (const spec of inputs) {
    const name = JSON.stringify(spec.name);
    const schema = JSON.stringify(inputSchema(spec, columns));
    const value = JSON.stringify(repeated(exampleValue(spec, columns), spec.shape.slice(1)));
    properties.add(`${name}:${schema}`);
    if (!mayBeMissing(spec, columns)) required.add(name);
    example.add(`${name}:${value}`);
    readable.add(escaped(`\n  ${name}: ${value}`));
    tensors.add(JSON.stringify(exampleTensor(spec, columns)));
    table.add(rowOf(spec, schema));
    if (performance.now() - since < sliceMs) continue;
    await nextTurn();
    since = performance.now();
  }
  return {
    record: properties.within(
      '{"type":"object","properties":{',
      `},"required":[${required.within('', '').toString()}],"additionalProperties":false}`,
    ),
    example: example.within('{', '}'),
    readable: readable.within('{', '\n}'),
    tensors: tensors.within('[', ']'),
    table: table.within('', '', '\n'),
  };
}

function rowOf({ name, type, shape }: TensorSpec, schema: string): string {
  const width = shape.slice(1).map((size) => size ?? 'any');
  const values = width.every((size) => size === 1) ? '' : ` of ${width.join(' x ')}`;
  return `<tr><td>${escaped(name)}</td><td>${datatypeOf[type]}${values}</td><td><code>${escaped(schema)}</code></td></tr>`;
}

/** Texts that are turned into bytes as they come: one long text would take a turn of its own. */
class List {
  readonly #items: Buffer[] = [];

  add(text: string): void {
    this.#items.push(Buffer.from(text));
  }

  within(before: string, after: string, comma = ','): Buffer {
    const parts: Buffer[] = [Buffer.from(before)];
    const parting = Buffer.from(comma);
    for (const [i, item] of this.#items.entries()) {
      if (i > 0) parts.push(parting);
      parts.push(item);
    }
    return Buffer.concat([...parts, Buffer.from(after)]);
  }
}
