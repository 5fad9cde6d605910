import { describe, expect, it } from 'vitest';
import type { Frame } from '../../../contracts/data/frame.ts';
import { binFrames } from '../../../ml/drift/bins.ts';
import { clustersOf } from '../../../ml/drift/clusters.ts';
import { assessDrift } from '../../../ml/drift/psi.ts';
import { createRandom, type Random } from '../../../ml/random.ts';
import { patience } from '../../support/patience.ts';

type Row = Record<string, number | string>;

/** A person: most of a column may be one value, and columns are skewed, coded or rare. */
const person = (random: Random): Row => ({
  normal: random.normal(),
  mostlyZero: random.next() < 0.9 ? 0 : Math.exp(random.normal()),
  code: random.integer(4),
  flag: random.next() < 0.5 ? 1 : 0,
  rare: random.next() < 0.9 ? 1 : 0,
  town: `t${random.integer(3_000)}`,
  street: `s${Math.floor(100_000 ** random.next())}`,
});

const frameOf = (rows: readonly Row[]): Frame => ({
  rowCount: rows.length,
  columns: Object.fromEntries(
    Object.keys(rows[0] ?? {}).map((name) => [
      name,
      typeof rows[0]?.[name] === 'string'
        ? { type: 'string', values: rows.map((row) => String(row[name])) }
        : { type: 'number', values: Float64Array.from(rows, (row) => Number(row[name])) },
    ]),
  ),
});

const ours = createRandom(1);
const reference = frameOf(Array.from({ length: 10_000 }, () => person(ours)));

interface Traffic {
  readonly keys: number;
  /** Relative number of requests of each key. */
  readonly weight: (key: number) => number;
  /** Chance that a request carries what its key always carries. */
  readonly sticks: number;
  readonly change?: (row: Row) => Row;
}

/** What the monitor finds in 2,000 requests. */
function look({ keys, weight, sticks, change = (row) => row }: Traffic, random: Random) {
  const own = Array.from({ length: keys }, () => person(random));
  const weights = own.map((_, key) => weight(key));
  const total = weights.reduce((sum, value) => sum + value, 0);
  const asked = Int32Array.from({ length: 2_000 }, () => {
    let left = random.next() * total;
    return Math.max(
      0,
      weights.findIndex((value) => (left -= value) < 0),
    );
  });
  const rows = Array.from(asked, (key) => change(random.next() < sticks ? (own[key] as Row) : person(random)));
  return assessDrift(binFrames(reference, frameOf(rows), clustersOf(asked)), 0.1).filter(
    ({ adjusted, lower }) => adjusted <= 0.05 && lower > 0.1,
  );
}
const alarms = (traffic: Traffic): number =>
  Array.from({ length: 60 }, (_, i) => look(traffic, createRandom(i + 1))).filter((found) => found.length > 0).length;

describe('drift where keys come again', { timeout: patience(120_000) }, () => {
  it.each<[string, Traffic]>([
    ['50 keys with a row each', { keys: 50, weight: () => 1, sticks: 1 }],
    ['50 keys, half their requests new', { keys: 50, weight: () => 1, sticks: 0.5 }],
    ['50 unequal keys', { keys: 50, weight: (key) => 1 / (key + 1), sticks: 1 }],
    ['500 unequal keys', { keys: 500, weight: (key) => 1 / (key + 1), sticks: 1 }],
    ['one key with a third of all requests', { keys: 1_500, weight: (key) => (key === 0 ? 750 : 1), sticks: 1 }],
    ['2,000 keys that tell nothing', { keys: 2_000, weight: () => 1, sticks: 0 }],
  ])('without drift %s almost never alarm', (_, traffic) => {
    expect(alarms(traffic)).toBeLessThanOrEqual(3);
  });

  it.each<[string, Traffic]>([
    ['50 keys', { keys: 50, weight: () => 1, sticks: 1, change: (row) => ({ ...row, code: row.code === 0 ? 0 : 9 }) }],
    [
      '500 unequal keys',
      {
        keys: 500,
        weight: (key) => 1 / (key + 3),
        sticks: 0.5,
        change: (row) => ({ ...row, normal: Number(row.normal) + 3 }),
      },
    ],
    [
      '500 keys of rare towns',
      { keys: 500, weight: () => 1, sticks: 1, change: (row) => ({ ...row, town: `0${row.town}` }) },
    ],
  ])('drift is found in what %s send', (_, traffic) => {
    expect(alarms(traffic)).toBeGreaterThanOrEqual(57);
  });
});
