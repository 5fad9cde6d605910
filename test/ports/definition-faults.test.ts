import { expect, test } from 'vitest';
import { parseDocument } from '../../config/load-config.ts';
import { fileConfigSchema } from '../../config/schema.ts';
import { columns, useShopDefinitions, type Changes } from './shop-definitions.ts';

const load = useShopDefinitions();

test('a sound definition is taken', async () => {
  await expect(load({})).resolves.toBeDefined();
});

test.each<[string, Changes, RegExp]>([
  [
    'a window of runs that no time column can tell',
    {
      dataset: { time: undefined },
      columns: { day: { type: 'string', kind: 'categorical' } },
      model: { schedule: { cron: '0 3 * * 1', data: { last: '90d' } } },
    },
    /schedule\.data: "last": dataset "shop" names no time column: declare "time"/,
  ],
  [
    'a numeric timestamp',
    { columns: { age: { type: 'timestamp', kind: 'numeric' } } },
    /"age": kind numeric needs type integer, number, not timestamp/,
  ],
  ['a numeric boolean', { columns: { age: { type: 'boolean', kind: 'numeric' } } }, /kind numeric needs type/],
  ['a numeric text', { columns: { age: { type: 'string', kind: 'numeric' } } }, /kind numeric needs type/],
  [
    'a categorical timestamp',
    { columns: { plan: { type: 'timestamp', kind: 'categorical' } } },
    /kind categorical needs type/,
  ],
  ['a key that is not a column', { dataset: { key: 'idd' } }, /key: there is no column "idd": did you mean "id"\?/],
  ['a target of another kind', { dataset: { target: 'plan' } }, /column "plan" is the target and of kind categorical/],
  [
    'a second key',
    { columns: { plan: { type: 'string', kind: 'key' } } },
    /"plan" is of kind key, but "key" names "id"/,
  ],
  [
    'a range upside down',
    { columns: { age: { type: 'integer', kind: 'numeric', min: 9, max: 1 } } },
    /min 9 is above max 1/,
  ],
  [
    'a code of another type',
    { columns: { plan: { type: 'integer', kind: 'categorical', allowed: ['a'] } } },
    /"a" cannot be a value of type integer/,
  ],
  [
    'bands of a text',
    { dataset: { sensitive: [{ column: 'plan', bands: [1, 2] }] } },
    /"plan" has bands and is categorical/,
  ],
  [
    'a duration in other words',
    { model: { release: { stepDuration: '5 sec', analyzeEvery: '1sec', bake: [1] } } },
    /(expected a duration like 250ms, 30s, 5m, 2h or 7d, or a number of milliseconds, not ("5 sec"|"1sec"|\[1\])\n +→ at release\.\w+\s*(✖ )?){3}$/,
  ],
  [
    'a step of another form',
    { model: { release: { steps: [0.1, 'half'] } } },
    /expected a number, or keys and values, not "half"\n +→ at release\.steps\[1\]/,
  ],
  [
    'a step whose duration is none',
    { model: { release: { steps: [0.1, { share: 0.2, duration: '2 h' }] } } },
    /expected a duration .* not "2 h"\n +→ at release\.steps\[1\]\.duration/,
  ],
  [
    'a form of steps that is not whole',
    { model: { release: { steps: { linear: { from: 0.1, steps: 3 } } } } },
    /is missing: write a number\n +→ at release\.steps\.linear\.to/,
  ],
  ['a zone that there is not', { dataset: { timezone: 'Mars/Base' } }, /there is no such time zone/],
  [
    'a key of the model in the dataset',
    { dataset: { positive: 'yes' } },
    /unknown key "positive": "positive" is a key of models\/<name>\.yaml/,
  ],
  [
    'a key of the dataset in the model',
    { model: { sensitive: [] } },
    /unknown key "sensitive": "sensitive" is a key of datasets\/<name>\/dataset\.yaml/,
  ],
  ['an unknown key of the dataset', { dataset: { licens: 'x' } }, /unknown key "licens": did you mean "licence"\?/],
  [
    'an unknown key of a column',
    { columns: { age: { type: 'integer', kind: 'numeric', mim: 0 } } },
    /unknown key "columns.age.mim": did you mean "min"\?/,
  ],
  [
    'limit for limits',
    { model: { fairness: { attributes: { plan: { limit: { equalizedOddsDifference: 0.1 } } } } } },
    /unknown key "fairness.attributes.plan.limit": did you mean "limits"\?/,
  ],
  [
    'an unknown key of the trainer',
    { model: { trainer: { kind: 'network', epoch: 3 } } },
    /unknown key "trainer.epoch": did you mean "epochs"\?/,
  ],
  ['the key among the features', { model: { features: ['age', 'id'] } }, /feature "id" is the key/],
  ['the target among the features', { model: { features: ['age', 'left'] } }, /feature "left" is the target/],
  ['a feature that is listed twice', { model: { features: ['age', 'age'] } }, /feature "age" is listed twice/],
  ['an unknown feature', { model: { features: ['agee'] } }, /feature "agee" is not a column .*did you mean "age"/],
  ['no test rows', { model: { split: { test: 0 } } }, /split.test is 0/],
  ['no validation rows', { model: { split: { validation: 0 } } }, /split.validation is 0/],
  ['no training rows', { model: { split: { test: 0.6, validation: 0.4 } } }, /no row is left to train on/],
  [
    'a private column that is misspelt, which would be logged',
    { model: { serving: { log: { drop: ['agee'] } } } },
    /serving\.log\.drop: there is no column "agee": did you mean "age"/,
  ],
  [
    'a column to be hashed that is misspelt',
    { model: { serving: { log: { hash: ['plann'] } } } },
    /serving\.log\.hash: there is no column "plann": did you mean "plan"/,
  ],
  [
    'a column that is dropped and hashed',
    { model: { serving: { log: { drop: ['age'], hash: ['age'] } } } },
    /serving\.log: "age" is dropped and hashed/,
  ],
  [
    'a sticky key of an unknown column',
    { model: { serving: { key: 'plann' } } },
    /serving\.key: there is no column "plann": did you mean "plan"/,
  ],
  [
    'a sticky key that no request carries',
    { model: { serving: { key: 'id' } } },
    /serving\.key: "id" is not a feature, and requests carry features alone/,
  ],
  [
    'a segment by an unknown input',
    { model: { serving: { segments: [{ name: 'staff', input: 'agee', values: [1], arm: 'champion' }] } } },
    /serving\.segments "staff": there is no column "agee"/,
  ],
  [
    'slices of an unknown column',
    { model: { quality: { slices: ['plann'] } } },
    /quality.slices: there is no column "plann"/,
  ],
  [
    'an unknown attribute',
    { model: { fairness: { attributes: { 'age x gender': {} } } } },
    /fairness.attributes: there is no column "gender"/,
  ],
  [
    'a positive label that is not a label',
    { model: { positive: 'yes' } },
    /positive: "yes" is not a label of type integer/,
  ],
  [
    'a positive label that is not allowed',
    { columns: { left: { type: 'integer', kind: 'target', allowed: ['1', '2'] } }, model: { positive: 3 } },
    /positive: 3 is not a label of the target; "left" allows 1, 2/,
  ],
  [
    'a negative label that nobody named',
    { columns: { left: { type: 'string', kind: 'target' } }, model: { positive: 'yes' } },
    /"negative" is missing/,
  ],
  ['equal labels', { model: { positive: 1, negative: 1 } }, /are the same label/],
  ['six fields of cron', { model: { schedule: { cron: '0 0 3 * * 1' } } }, /has 6 fields: write five/],
  ['30 February', { model: { schedule: { cron: '0 3 30 2 *' } } }, /names a day that no year has/],
  ...[
    '0 3 * * 1#2',
    '0 3 L * *',
    '0 3 15W * *',
    '0 3 ? * 1',
    '0 3 * * 5L',
    '0 3 * * 1 #',
    '0 3 +1 * *',
    '0 3 * * 1-FRIDAY',
  ].map((cron): [string, Changes, RegExp] => [
    `cron "${cron}"`,
    { model: { schedule: { cron } } },
    cron.endsWith(' #') ? /has 6 fields/ : /Temporal cannot read "[^"]+": write numbers, names/,
  ]),
  ['an hour that no day has', { model: { schedule: { cron: '0 25 * * *' } } }, /cannot be read/],
])('%s is refused before any data are read', async (_, changes, message) => {
  await expect(load(changes)).rejects.toThrow(message);
  await expect(load(changes)).rejects.toMatchObject({ type: 'InvalidConfigError' });
});

test('all faults are named at once', async () => {
  await expect(load({ model: { features: ['agee', 'id'], split: { test: 0 } } })).rejects.toThrow(
    /agee[^]*feature "id"[^]*split\.test/,
  );
});

test('a column named __proto__ is refused', async () => {
  const hostile = Object.fromEntries([['__proto__', { type: 'integer', kind: 'numeric' }]]);
  await expect(load({ dataset: { columns: { ...columns, ...hostile } } })).rejects.toThrow(
    /"columns.__proto__": "__proto__" cannot be a name: rename it/,
  );
});

test('words that mean "missing" everywhere do so in each column', async () => {
  const loaded = await load({
    dataset: { missing: ['NA'] },
    columns: { age: { type: 'integer', kind: 'numeric', missing: ['-1'] } },
  });
  expect(loaded.dataset.columns.age?.missing).toEqual(['NA', '-1']);
  expect(loaded.dataset.columns.plan?.missing).toEqual(['NA']);
});

test.each<[string, RegExp]>([
  ['adress: x:1', /unknown key "adress": did you mean "address"\?/],
  ['taskQueues: { pipline: a }', /unknown key "taskQueues.pipline": did you mean "pipeline"\?/],
  ['work: { light: { atempts: 3 } }', /unknown key "work.light.atempts": did you mean "attempts"\?/],
  ['gateway: { models: { __proto__: 3 } }', /"gateway.models.__proto__": "__proto__" cannot be a name: rename it/],
  ['gateway: { log: { sealEvry: 3 } }', /unknown key "gateway.log.sealEvry": did you mean "sealEvery"\?/],
])('temporal.yaml with %s is refused', (text, message) => {
  expect(() => parseDocument(fileConfigSchema, 'temporal.yaml', text)).toThrow(message);
});

/** The lines of the refusal; each begins with its mark. */
async function faultsOf(changes: Changes): Promise<string[]> {
  const error = await load(changes).then(
    () => new Error('nothing was refused'),
    (refusal: unknown) => refusal as Error,
  );
  return error.message
    .split('✖')
    .slice(1)
    .map((line) => line.trim().replaceAll(/\s+/g, ' '));
}

test('what the schema refuses in a dataset definition and what contradicts itself are told together', async () => {
  const faults = await faultsOf({
    dataset: { licens: 'none', target: 'lefft', timezone: 'Mars' },
    columns: {
      age: { type: 'integer', kind: 'numeric', min: 9, max: 1, alowed: ['1'] },
      plan: { type: 'text', kind: 'categorical' },
      height: { type: 'number', kind: 'numeric', allowed: ['1'] },
    },
  });
  expect(faults).toEqual([
    'unknown key "columns.age.alowed": did you mean "allowed"?',
    'unknown key "licens": did you mean "licence"?',
    expect.stringMatching(/^there is no such time zone.*→ at timezone$/),
    expect.stringMatching(/^expected one of .*, not "text" *→ at columns.plan.type$/),
    'target: there is no column "lefft": did you mean "left"?',
    'column "age": min 9 is above max 1: exchange them',
    'column "left" is of kind target, but "target" names "lefft": correct one of them, or write kind: carried where no model reads it',
    'column "height": allowed is for codes: use min and max, or kind: categorical',
  ]);
});

test('nothing is told of a dataset definition that only follows from what the schema refuses', async () => {
  expect(await faultsOf({ dataset: { key: 7 }, columns: { left: { kind: 'target' } } })).toEqual([
    expect.stringMatching(/→ at key$/),
    expect.stringMatching(/→ at columns.left.type$/),
  ]);
});

test('what the schema refuses in a model definition and what contradicts its dataset are told together', async () => {
  const faults = await faultsOf({
    model: { features: ['age', 'plann'], splitt: {}, split: { test: 0 }, positive: 7, seed: -1 },
  });
  expect(faults).toContain('unknown key "splitt": did you mean "split"?');
  expect(faults).toContain('feature "plann" is not a column of dataset "shop": did you mean "plan"?');
  expect(faults).toContain('split.test is 0: a candidate is judged on test rows; write a share such as 0.2');
});
