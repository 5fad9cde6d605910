import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { patience } from '../support/patience.ts';
import { pawl } from '../support/pawl.ts';
import { people, strangersProject, trained, type Person, type StrangersProject } from './project.ts';

let project: StrangersProject;
afterEach(() => project.close());

type Cells = Readonly<Record<string, unknown>>;
interface Form {
  readonly delimiter?: string;
  readonly end?: string;
}

const rows = people(560);
const euros = ({ amount }: Person): string => amount.toFixed(2).replace('.', ',');
const day = ({ id }: Person): [string, string, string] => [
  String(2020 + (id % 4)),
  String(1 + (id % 12)).padStart(2, '0'),
  String(1 + (id % 28)).padStart(2, '0'),
];

/** Cells are quoted where they need it. */
function csv(cellsOf: (person: Person) => Cells, { delimiter = ',', end = '\n' }: Form = {}, some = rows): string {
  const quoted = (cell: unknown): string => {
    const text = String(cell);
    return /["\n]/.test(text) || text.includes(delimiter) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = some.map((person) => Object.values(cellsOf(person)).map(quoted).join(delimiter));
  const header = Object.keys(cellsOf(some[0]!)).map(quoted).join(delimiter);
  return `${[header, ...lines].join(end)}${end}`;
}

const plain = ({ id, age, plan, amount, churned }: Person): Cells => ({
  id,
  age,
  plan,
  amount,
  churned: Number(churned),
});

async function init(content: string | Uint8Array, target = 'churned', ...options: string[]) {
  project = await strangersProject({ name: 'rows.csv', content });
  const env = { ...process.env, PAWL_PROJECT: project.folder, PAWL_HOME: join(project.folder, 'home') };
  return pawl(['init', project.data, '--target', target, '--name', 'churn', ...options], env);
}

/** The definitions that `init` wrote, and the run that follows. */
async function initAndRun(content: string | Uint8Array, target = 'churned', ...options: string[]) {
  const { code, stdout, stderr } = await init(content, target, ...options);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { definitions } = project.ports;
  const found = await trained(project);
  expect(found.data.verdict.checks.filter(({ status }) => status === 'fail')).toEqual([]);
  expect(found.quality.verdict.checks.filter(({ status }) => status === 'fail')).toEqual([]);
  const model = await definitions.model('churn');
  return { stdout, dataset: await definitions.datasetOf(model), model, ...found };
}

interface Case {
  readonly content: string | Uint8Array;
  readonly dataset?: object;
  readonly model?: object;
  /** What the command says. */
  readonly says?: RegExp;
  readonly target?: string;
}

const key = { type: 'integer', kind: 'key' };
const cases: Readonly<Record<string, Case>> = {
  'quotes, delimiters and line breaks within cells': {
    content: csv((person) => ({ ...plain(person), plan: `"${person.plan}",\nas sold` })),
    dataset: { key: 'id', columns: { plan: { type: 'string', kind: 'categorical' } } },
    model: { features: ['plan', 'amount'], positive: 1, task: 'binary' },
  },
  semicolons: {
    content: csv(plain, { delimiter: ';' }),
    dataset: { columns: { id: key, amount: { type: 'number', kind: 'numeric' } } },
    model: { features: ['plan', 'amount'] },
  },
  'a byte order mark and line ends of Windows': {
    content: `\ufeff${csv(plain, { end: '\r\n' })}`,
    dataset: { key: 'id', columns: { churned: { type: 'integer', kind: 'target', allowed: ['0', '1'] } } },
  },
  'numbers and texts in one column': {
    content: csv((person) => ({ ...plain(person), amount: person.id % 100 === 0 ? 'forty' : person.amount })),
    dataset: { columns: { amount: { type: 'string', kind: 'carried' } } },
    model: { features: ['plan'] },
    says: /columns\.amount +string, carried +5 of 560 values are not numbers that a model can take \("forty"\): correct them, or list them under missing/,
  },
  'ids and codes with leading zeros': {
    content: csv((person) => ({
      ...plain(person),
      id: String(person.id).padStart(6, '0'),
      plan: { basic: '010', plus: '020', pro: '100' }[person.plan],
    })),
    dataset: {
      columns: { id: { type: 'string', kind: 'key' }, plan: { type: 'string', kind: 'categorical' } },
    },
    says: /columns\.plan +string, categorical +.*values begin with 0/,
  },
  'decimal commas': {
    content: csv((person) => ({ ...plain(person), amount: euros(person) }), { delimiter: ';' }),
    dataset: { csv: { decimal: ',' }, columns: { amount: { type: 'number', kind: 'numeric' } } },
    model: { features: ['plan', 'amount'] },
  },
  'dates as 2023-12-31': {
    content: csv((person) => ({ ...plain(person), day: day(person).join('-') })),
    dataset: { time: 'day', csv: {}, columns: { day: { type: 'timestamp', kind: 'time' } } },
    model: { split: { by: 'time' } },
  },
  'dates as 31.12.2023': {
    content: csv((person) => ({ ...plain(person), day: day(person).toReversed().join('.') })),
    dataset: { time: 'day', csv: { time: '%d.%m.%Y' } },
  },
  'dates as 12/31/2023': {
    content: csv((person) => {
      const [year, month, date] = day(person);
      return { ...plain(person), day: `${month}/${date}/${year}` };
    }),
    dataset: { time: 'day', csv: { time: '%m/%d/%Y' } },
  },
  'no key, beside decimal commas and quotes': {
    content: csv(
      (person) => ({
        age: person.age,
        plan: `"${person.plan}"; new`,
        amount: euros(person),
        churned: person.churned ? 'yes' : 'no',
      }),
      { delimiter: ';' },
    ),
    dataset: {
      key: 'row',
      csv: { decimal: ',' },
      columns: { amount: { type: 'number' }, row: key, churned: { type: 'boolean', kind: 'target' } },
    },
    model: { positive: true, features: ['plan', 'amount'] },
    says: /key +row +no column is unique in every row, so a copy of the file numbers its rows/,
  },
  'an index of pandas without a name, and blanks in names': {
    content: csv(({ id, age, plan, amount, churned }) => ({
      '': id - 1,
      'Age (years)': age,
      ' Plan ': plan,
      'amount: #': amount,
      churned: Number(churned),
    })),
    dataset: { key: 'unnamed', columns: { 'Age (years)': { kind: 'numeric' }, ' Plan ': { kind: 'categorical' } } },
    model: { features: [' Plan ', 'amount: #'] },
  },
  'words for missing': {
    content: csv((person) => ({ ...plain(person), amount: ['NA', '-', ''][person.id % 9] ?? person.amount })),
    dataset: { columns: { amount: { type: 'number', kind: 'numeric', nullable: true, missing: ['-', 'NA'] } } },
    model: { data: { maxNullShare: 0.51 } },
  },
  'umlauts of Latin-1': {
    content: Buffer.from(
      csv((person) => ({ ...plain(person), plan: `${person.plan}ü` })),
      'latin1',
    ),
    dataset: { csv: { encoding: 'latin-1' }, columns: { plan: { kind: 'categorical' } } },
  },
  'few rows, and rare positives': {
    content: csv(plain, {}, [
      ...rows.filter(({ churned }) => !churned).slice(0, 200),
      ...rows.filter(({ churned }) => churned).slice(0, 8),
    ]),
    model: { data: { minRows: 138, labelBalance: [0.01, 0.95] } },
  },
  'a number to predict': {
    content: csv(({ id, plan, age, amount }) => ({ id, plan, age, amount, cost: amount + age })),
    target: 'cost',
    dataset: { columns: { cost: { type: 'number', kind: 'target' } } },
    model: { task: 'regression', features: ['plan', 'amount'] },
  },
  'several classes to predict': {
    content: csv(({ id, age, amount, plan }) => ({
      id,
      age,
      amount: amount + { basic: 0, plus: 60, pro: 120 }[plan],
      plan,
    })),
    target: 'plan',
    dataset: { columns: { plan: { type: 'string', kind: 'target', allowed: ['basic', 'plus', 'pro'] } } },
    model: { task: 'multiclass', features: ['amount'] },
  },
  'a leak, a constant, an empty column, and rows without a label': {
    content: csv((person) => ({
      ...plain(person),
      churned: person.id % 5 === 0 ? '' : person.churned ? 'gone' : 'here',
      reason: person.churned ? ['price', 'service'][person.id % 2] : 'none',
      country: 'DE',
      nothing: '',
    })),
    dataset: {
      columns: {
        reason: { type: 'string', kind: 'carried' },
        country: { type: 'string', kind: 'carried' },
        churned: { type: 'string', kind: 'target', nullable: true, allowed: ['gone', 'here'] },
      },
    },
    model: { features: ['plan', 'amount'] },
    says: /columns\.reason +string, carried +each of its values has one label only[^]*columns\.nothing +not declared +no row has a value/,
  },
};

describe('pawl init', { timeout: patience(120_000) }, () => {
  test.each(Object.entries(cases))('reads a file with %s so that the run that follows works', async (_, found) => {
    const { stdout, dataset, model } = await initAndRun(found.content, found.target);
    expect(dataset).toMatchObject(found.dataset ?? {});
    expect(model).toMatchObject(found.model ?? {});
    if (found.says !== undefined) expect(stdout).toMatch(found.says);
  });

  test('asks for the order of day and month where nothing in the file tells it, and leaves the column out', async () => {
    const content = csv((person) => ({
      ...plain(person),
      day: `0${1 + (person.id % 9)}/0${1 + (person.id % 8)}/2024`,
    }));
    const { stdout, dataset } = await initAndRun(content);
    expect(stdout).toContain('its times can be %d/%m/%Y or %m/%d/%Y: declare csv.time, and type: timestamp');
    expect(dataset).toMatchObject({ columns: { day: { type: 'string', kind: 'carried' } } });
    expect(dataset.time).toBeUndefined();
  });

  test('marks each guess in its file, and the sensitive attributes', async () => {
    const { stdout, dataset, model } = await initAndRun(
      csv((person) => ({ ...plain(person), sex: 'mf'[person.id % 2] })),
    );
    const text = await readFile(join(project.folder, 'datasets', 'churn', 'dataset.yaml'), 'utf8');
    expect(text).toMatch(/^# yaml-language-server: \$schema=.*dataset\.schema\.json\n/);
    expect(text.split('\n').filter((line) => line.startsWith('  '))).toHaveLength(8);
    for (const line of text.split('\n').filter((line) => line.startsWith('  '))) expect(line).toContain(' # guessed: ');
    // A row of next month may lie outside the range of this one.
    expect(text).not.toMatch(/\b(?:min|max):/);
    expect(dataset.sensitive).toEqual([{ column: 'age', bands: [25, 40, 60] }, { column: 'sex' }]);
    expect(model.fairness.attributes).toHaveProperty('sex');
    expect(stdout).toContain('npx pawl run churn --watch');
  });
});
