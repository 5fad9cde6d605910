import { codeOf, isOfType } from './cell.ts';
import { caseFaults, csvFaults, sensitiveFaults, valueFaults } from './dataset-contradictions.ts';
import { columnTypes, type Column, type DatasetDefinition } from './dataset.ts';
import { nearColumn } from './near-column.ts';

/** Types that a column of a kind may have. */
const typesOf: Readonly<Record<Column['kind'], readonly Column['type'][]>> = {
  numeric: ['integer', 'number'],
  categorical: ['string', 'integer', 'number', 'boolean'],
  key: ['string', 'integer'],
  time: ['timestamp', 'integer', 'number', 'string'],
  target: ['string', 'integer', 'number', 'boolean'],
  carried: columnTypes,
};

/** What contradicts itself in a dataset definition, a sentence each: what is wrong, and what to do. */
export function datasetFaults(dataset: DatasetDefinition): string[] {
  const { columns, key, time, target, sensitive } = dataset;
  const roles = [
    ...roleFaults('key', key, dataset),
    ...(time === undefined ? [] : roleFaults('time', time, dataset)),
    ...roleFaults('target', target, dataset),
  ];
  const names = [key, target, ...(time === undefined ? [] : [time])];
  const twice = names
    .filter((name, i) => names.indexOf(name) !== i)
    .map((name) => `column "${name}" has two roles: key, time and target are three columns`);
  return [
    ...roles,
    ...twice,
    ...csvFaults(dataset),
    ...caseFaults(dataset),
    ...Object.entries(columns).flatMap(([name, column]) => [
      ...columnFaults(name, column, dataset),
      ...valueFaults([name, column], dataset),
    ]),
    ...sensitiveFaults(dataset),
    ...sensitive.flatMap(({ column: name, bands }) => {
      const column = columns[name];
      if (column === undefined) return [`sensitive: there is no column "${name}"${nearColumn(name, columns)}`];
      if (bands === undefined) return [];
      if (column.kind !== 'numeric')
        return [`sensitive: "${name}" has bands and is ${column.kind}: bands need a numeric column`];
      return bands.some((edge, i) => i > 0 && edge <= (bands[i - 1] ?? edge))
        ? [`sensitive: the bands of "${name}" do not rise: write ascending edges`]
        : [];
    }),
  ];
}

function roleFaults(role: 'key' | 'time' | 'target', name: string, { columns }: DatasetDefinition): string[] {
  const column = columns[name];
  if (column === undefined) return [`${role}: there is no column "${name}"${nearColumn(name, columns)}`];
  return column.kind === role
    ? []
    : [`column "${name}" is the ${role} and of kind ${column.kind}: write kind: ${role}`];
}

/** What contradicts itself in a column, its values apart. */
export function columnFaults(name: string, column: Column, { key, time, target }: DatasetDefinition): string[] {
  const { kind, type, min, max, allowed } = column;
  const faults: string[] = [];
  const types = typesOf[kind];
  if (!types.includes(type))
    faults.push(
      `column "${name}": kind ${kind} needs type ${types.join(', ')}, not ${type}: correct one, or write kind: carried where no model reads it`,
    );
  const role = { key, time, target }[kind as 'key' | 'time' | 'target'];
  if (kind !== 'numeric' && kind !== 'categorical' && kind !== 'carried' && role !== name)
    faults.push(
      `column "${name}" is of kind ${kind}, but ${role === undefined ? `no "${kind}" is declared` : `"${kind}" names "${role}"`}: correct one of them, or write kind: carried where no model reads it`,
    );
  const isNumber = type === 'integer' || type === 'number';
  if ((min !== undefined || max !== undefined) && (!isNumber || kind === 'categorical'))
    faults.push(`column "${name}": min and max are for numbers: use allowed, or leave them out`);
  if (min !== undefined && max !== undefined && min > max)
    faults.push(`column "${name}": min ${min} is above max ${max}: exchange them`);
  if (allowed !== undefined && kind === 'numeric')
    faults.push(`column "${name}": allowed is for codes: use min and max, or kind: categorical`);
  // Words that mean "missing" are told of elsewhere.
  const odd = (allowed ?? []).filter((code) => {
    const value = codeOf(code, { type });
    return value === '' || !isOfType(value, type);
  });
  if (odd.length > 0)
    faults.push(
      `column "${name}": ${odd.map((code) => JSON.stringify(code)).join(', ')} cannot be a value of type ${type}: correct "allowed" or the type`,
    );
  return faults;
}
