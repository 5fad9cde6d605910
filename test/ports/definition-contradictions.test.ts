import { expect, test } from 'vitest';
import { useShopDefinitions, type Changes } from './shop-definitions.ts';

const load = useShopDefinitions();

test.each<[string, Changes, RegExp]>([
  [
    'a group of a column that is not sensitive',
    { model: { fairness: { attributes: { plan: { maxGroupLoss: 0.05 } } } } },
    /fairness\.attributes: "plan" is not sensitive in dataset "shop": add it to "sensitive"/,
  ],
  [
    'a pair of one attribute',
    {
      dataset: { sensitive: [{ column: 'plan' }] },
      model: { fairness: { attributes: { 'plan x plan': { maxGroupLoss: 0.05 } } } },
    },
    /"plan x plan" names "plan" twice/,
  ],
  [
    'a guard of groups that nobody names',
    { model: { release: { guards: { fairness: { maxGroupLoss: 0.05 } } } } },
    /release\.guards\.fairness judges the groups of fairness\.attributes, and none is named/,
  ],
  ['slices by key', { model: { quality: { slices: ['id'] } } }, /quality\.slices: "id" is the key/],
  ['slices by label', { model: { quality: { slices: ['left'] } } }, /quality\.slices: "left" is the target/],
  ['slices twice', { model: { quality: { slices: ['plan', 'plan'] } } }, /quality\.slices: "plan" is listed twice/],
  [
    'a code that is allowed and missing',
    {
      dataset: { missing: ['b'] },
      columns: { plan: { type: 'string', kind: 'categorical', allowed: ['a', 'b'] } },
    },
    /column "plan": "b" is allowed and means "missing": take it out of one/,
  ],
  [
    'a code that is allowed and missing in its column',
    { columns: { plan: { type: 'integer', kind: 'categorical', allowed: ['1', '-9'], missing: ['-9'] } } },
    /column "plan": "-9" is allowed and means "missing"/,
  ],
  [
    'a column that allows nothing',
    { columns: { plan: { type: 'string', kind: 'categorical', allowed: [] } } },
    /column "plan": allowed is empty/,
  ],
  [
    'a label that is allowed twice, also in other digits',
    { columns: { left: { type: 'integer', kind: 'target', allowed: ['0', '1', '01'] } } },
    /column "left": "01" is allowed twice: labels differ, so leave one out/,
  ],
  [
    'integers between two integers',
    { columns: { age: { type: 'integer', kind: 'numeric', min: 0.2, max: 0.8 } } },
    /column "age": no integer lies from 0\.2 to 0\.8/,
  ],
  [
    'a key that may be null',
    { columns: { id: { type: 'integer', kind: 'key', nullable: true } } },
    /column "id": a key cannot be null/,
  ],
  [
    'names that differ by case only',
    { columns: { AGE: { type: 'integer', kind: 'numeric' } }, model: { features: ['age', 'AGE'] } },
    /columns "age" and "AGE" differ by case only: rename one/,
  ],
  [
    'a label that means missing',
    { columns: { left: { type: 'integer', kind: 'target', missing: ['0'] } } },
    /negative: "0" means "missing" in "left": take it out/,
  ],
  [
    'a label outside of the range',
    { columns: { left: { type: 'integer', kind: 'target', min: 1, max: 1 } } },
    /the label 0 lies outside the range of "left"/,
  ],
  [
    'an attribute that is declared twice',
    { dataset: { sensitive: [{ column: 'age', bands: [1] }, { column: 'age' }] } },
    /sensitive: "age" is listed twice/,
  ],
  ['the target as an attribute', { dataset: { sensitive: [{ column: 'left' }] } }, /sensitive: "left" is the target/],
  ['the key as an attribute', { dataset: { sensitive: [{ column: 'id' }] } }, /sensitive: "id" is the key/],
  ['no bands', { dataset: { sensitive: [{ column: 'age', bands: [] }] } }, /sensitive: "age" has no bands/],
  [
    'bands with the labels of codes',
    { dataset: { sensitive: [{ column: 'age', bands: [1], labels: { 1: 'x' } }] } },
    /sensitive: "age" has bands and labels/,
  ],
  [
    'a label of a code that is not allowed',
    {
      dataset: { sensitive: [{ column: 'plan', labels: { c: 'x' } }] },
      columns: { plan: { type: 'string', kind: 'categorical', allowed: ['a', 'b'] } },
    },
    /sensitive: "plan" has labels of c, which it does not allow/,
  ],
  ['a delimiter that quotes', { dataset: { csv: { delimiter: '"' } } }, /csv: "\\"" is delimiter and quote/],
  [
    'an escape that delimits',
    { dataset: { csv: { escape: ';', delimiter: ';' } } },
    /csv: ";" is escape and delimiter: write two characters/,
  ],
  ['times without a year', { dataset: { csv: { time: '%d.%m' } } }, /it must name %Y, %m and %d once each/],
  ['times of unknown parts', { dataset: { csv: { time: '%d.%b.%Y' } } }, /write it of %Y, %m, %d, %H, %M, %S/],
  ['a comment that quotes', { dataset: { csv: { comment: "'", quote: "'" } } }, /csv: "'" is comment and quote/],
  [
    'a comment that delimits',
    { dataset: { csv: { comment: ';', delimiter: ';' } } },
    /csv: ";" is comment and delimiter: write two characters/,
  ],
  [
    'a delimiter that ends lines',
    { dataset: { csv: { delimiter: '\n' } } },
    /csv\.delimiter: "\\n" is a character of values or lines/,
  ],
  [
    'a comment that begins values',
    { dataset: { csv: { comment: '1' } } },
    /csv\.comment: "1" is a character of values/,
  ],
  [
    'a limit above the next',
    { model: { data: { psi: { warn: 0.9, hold: 0.2 } } } },
    /data\.psi: warn 0\.9 is above hold 0\.2/,
  ],
  [
    'a hold above the stop',
    { model: { data: { psi: { hold: 0.9, stop: 0.2 } } } },
    /data\.psi: hold 0\.9 is above stop 0\.2/,
  ],
  [
    'a limit of a column above the next',
    { model: { data: { psi: { columns: { age: { warn: 0.5 } } } } } },
    /data\.psi\.columns\.age: warn 0\.5 is above hold 0\.25/,
  ],
  [
    'a band upside down',
    { model: { release: { guards: { scoreBand: { from: 0.6, to: 0.4, ratio: 1.5 } } } } },
    /must not be less than "from"[^]*release\.guards\.scoreBand\.to/,
  ],
  ['no steps', { model: { release: { steps: [] } } }, /name at least one step[^]*release\.steps/],
  [
    'steps that grow downwards',
    { model: { release: { steps: { exponential: { from: 0.5, to: 0.1, factor: 2 } } } } },
    /release\.steps/,
  ],
  ['an AUC of 1.5', { model: { quality: { limits: { auc: 1.5 } } } }, /quality\.limits\.auc/],
  [
    'a monitor that runs without end',
    { model: { monitor: { every: 0 } } },
    /expected a duration above 0[^]*monitor\.every/,
  ],
])('%s is refused before any data are read', async (_, changes, message) => {
  await expect(load(changes)).rejects.toThrow(message);
  await expect(load(changes)).rejects.toMatchObject({ type: 'InvalidConfigError' });
});

test.each<[string, Changes]>([
  [
    'groups of columns that are sensitive, and a guard of them',
    {
      dataset: { sensitive: [{ column: 'plan' }, { column: 'age', bands: [30] }] },
      model: {
        fairness: { attributes: { 'plan x age': { maxGroupLoss: 0.05 } } },
        release: { guards: { fairness: { maxGroupLoss: 0.05 } } },
      },
    },
  ],
  ['an integer range of one', { columns: { age: { type: 'integer', kind: 'numeric', min: 0.5, max: 1 } } }],
  ['a file of tabs', { dataset: { csv: { delimiter: '\t', quote: "'", comment: '#' } } }],
  ['equal limits of drift', { model: { data: { psi: { warn: 0.2, hold: 0.2, stop: 0.2 } } } }],
  [
    'a word that is missing where others are allowed',
    {
      dataset: { missing: ['NA'] },
      columns: { plan: { type: 'string', kind: 'categorical', allowed: ['a', 'b'] } },
    },
  ],
])('%s is taken', async (_, changes) => {
  await expect(load(changes)).resolves.toBeDefined();
});
