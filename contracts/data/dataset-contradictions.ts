import { codeOf, isMissing } from './cell.ts';
import type { Column, DatasetDefinition } from './dataset.ts';

type Named = readonly [name: string, column: Column];

/** Characters with a meaning that exclude each other, sentence by sentence: what is wrong, and what to do. */
export function csvFaults({ csv }: DatasetDefinition): string[] {
  const { delimiter, quote = '"', escape, comment } = csv;
  const declared = Object.entries({ delimiter, quote: csv.quote, escape, comment }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  const unusable = declared.flatMap(([key, character]) =>
    /[\p{L}\p{N}\r\n.+-]/u.test(character) || (key !== 'delimiter' && /\s/.test(character))
      ? [
          `csv.${key}: ${JSON.stringify(character)} is a character of values or lines: write one that no value begins with`,
        ]
      : [],
  );
  const equal = (key: string, character: string | undefined, other: string, taken: string | undefined): string[] =>
    character !== undefined && character === taken
      ? [`csv: ${JSON.stringify(character)} is ${key} and ${other}: write two characters`]
      : [];
  return [
    ...unusable,
    ...equal('delimiter', delimiter, 'quote', quote),
    ...equal('comment', comment, 'quote', quote),
    ...equal('escape', escape, 'delimiter', delimiter),
    ...equal('comment', comment, 'delimiter', delimiter),
  ];
}

/** Names that a query engine takes for one: columns are told apart by more than the case of their letters. */
export function caseFaults({ columns }: DatasetDefinition): string[] {
  const first = new Map<string, string>();
  return Object.keys(columns).flatMap((name) => {
    const same = first.get(name.toLowerCase());
    if (same === undefined) first.set(name.toLowerCase(), name);
    return same === undefined ? [] : [`columns "${same}" and "${name}" differ by case only: rename one`];
  });
}

/** What a column allows and excludes at once. `missing` are the words of the whole dataset. */
export function valueFaults([name, column]: Named, { missing, key }: DatasetDefinition): string[] {
  const { type, min, max, allowed, nullable } = column;
  const rule = { type, missing: [...missing, ...column.missing] };
  const faults: string[] = [];
  if (name === key && nullable) faults.push(`column "${name}": a key cannot be null: leave nullable out`);
  if (allowed?.length === 0)
    faults.push(`column "${name}": allowed is empty, so that no value is taken: name codes, or leave it out`);
  const codes = new Set<string>();
  const twice = (column.kind === 'target' ? (allowed ?? []) : []).filter((label) => {
    const code = codeOf(label, rule);
    return codes.size === codes.add(code).size;
  });
  if (twice.length > 0)
    faults.push(
      `column "${name}": ${twice.map((code) => JSON.stringify(code)).join(', ')} is allowed twice: labels differ, so leave one out`,
    );
  const excluded = (allowed ?? []).filter((code) => isMissing(code, rule));
  if (excluded.length > 0)
    faults.push(
      `column "${name}": ${excluded.map((code) => JSON.stringify(code)).join(', ')} is allowed and means "missing": take it out of one of them`,
    );
  if (type === 'integer' && min !== undefined && max !== undefined && min <= max && Math.ceil(min) > Math.floor(max))
    faults.push(`column "${name}": no integer lies from ${min} to ${max}: widen the range, or write type: number`);
  return faults;
}

/** What sensitive attributes contradict. */
export function sensitiveFaults({ sensitive, key, target, columns }: DatasetDefinition): string[] {
  return sensitive.flatMap(({ column: name, bands, labels }, i) => {
    const faults: string[] = [];
    if (sensitive.findIndex(({ column }) => column === name) !== i)
      faults.push(`sensitive: "${name}" is listed twice: leave one out`);
    if (name === key) faults.push(`sensitive: "${name}" is the key, each row a group of its own: leave it out`);
    if (name === target) faults.push(`sensitive: "${name}" is the target: the label cannot form groups; leave it out`);
    if (bands?.length === 0)
      faults.push(`sensitive: "${name}" has no bands: write ascending edges, or leave bands out`);
    if (bands !== undefined && labels !== undefined)
      faults.push(`sensitive: "${name}" has bands and labels: labels name codes; leave one out`);
    const column = columns[name];
    const allowed = column?.allowed?.map((code) => codeOf(code, column));
    const unknown = Object.keys(labels ?? {}).filter((code) => allowed !== undefined && !allowed.includes(code));
    if (unknown.length > 0)
      faults.push(
        `sensitive: "${name}" has labels of ${unknown.join(', ')}, which it does not allow: correct one of them`,
      );
    return faults;
  });
}
