interface Logged {
  readonly id: string;
  readonly at: number;
  readonly instance: string;
}

/** Earlier in time; ties are broken by id and instance, so that the order of reading does not matter. */
export function earlier(a: Logged, b: Logged): boolean {
  if (a.at !== b.at) return a.at < b.at;
  if (a.id !== b.id) return a.id < b.id;
  if (a.instance !== b.instance) return a.instance < b.instance;
  // Same id, time and gateway: told apart by what they say.
  return JSON.stringify(a) < JSON.stringify(b);
}

/** Keeps the earliest record of each id. */
export function keepEarliest<T extends Logged>(byId: Map<string, T>, record: T): void {
  const known = byId.get(record.id);
  if (known === undefined || earlier(record, known)) byId.set(record.id, record);
}

type Label = string | number | boolean | null;

/** Equal labels: `1`, `"1"` and `true` are the same, as datasets, models and clients write them differently. */
export function sameLabel(a: Label, b: Label): boolean {
  if (a === null || b === null) return false;
  return labelText(a) === labelText(b);
}

const labelText = (label: string | number | boolean): string =>
  typeof label === 'boolean' ? String(Number(label)) : label === 'true' ? '1' : label === 'false' ? '0' : String(label);
