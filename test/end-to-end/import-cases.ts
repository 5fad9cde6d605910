import { readFileSync } from 'node:fs';
import { createRandom } from '../../ml/random.ts';
import type { LabelledRequest } from './labelled-traffic.ts';
import type { QuickProject } from './quick-project.ts';

const plans = ['basic', 'plus', 'pro'] as const;

/** People, drawn as those were that the models of `test/fixtures/imports/make_successors.py` were trained on. */
function importedPeople(count: number, seed: number) {
  const random = createRandom(seed);
  return Array.from({ length: count }, (_, id) => {
    const age = 18 + random.integer(70);
    const amount = random.integer(480) / 4;
    const churn = 1 / (1 + Math.exp(-((age - 50) / 4 + (amount - 60) / 15)));
    return {
      id: id + 1,
      age,
      amount,
      tenure: random.integer(40),
      churned: random.next() < churn ? 1 : 0,
      usual: plans[age < 40 ? 0 : age < 65 ? 1 : 2],
      spent: 3 * age + amount + 5 * random.normal(),
    };
  });
}

type Target = 'churned' | 'usual' | 'spent';
type Successors = Readonly<Record<'first' | 'second' | 'bad', string>>;

const file = new URL('../fixtures/imports/successors.json', import.meta.url);
const models = JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, Successors>>;

export interface ImportCase {
  readonly tool: string;
  readonly target: Target;
  /** What `pawl import` says that it adapts. */
  readonly said: RegExp;
  readonly margins: object;
  /** Why a bad successor is taken back. */
  readonly bad: RegExp;
}

export const importCases: readonly ImportCase[] = [
  {
    tool: 'scikit-learn',
    target: 'churned',
    said: /output "output_probability" holds probabilities \(guessed: its ZipMap\)/,
    margins: { auc: 1, accuracy: 1, logLoss: 10 },
    bad: /accuracy is worse .*canary right on|tive predictions are too frequent/,
  },
  {
    tool: 'LightGBM',
    target: 'spent',
    said: /input "input" \(float32\) takes age, amount, tenure/,
    margins: { mae: 1_000 },
    bad: /mean error is worse .*canary's mean error \d+.*champion's \d+/,
  },
  {
    tool: 'PyTorch',
    target: 'usual',
    said: /output "logits" holds logits/,
    margins: { logLoss: 10 },
    bad: /accuracy is worse .*canary right on/,
  },
];

const kinds: Readonly<Record<Target, object>> = {
  churned: { type: 'integer', allowed: ['0', '1'] },
  usual: { type: 'string', allowed: [...plans] },
  spent: { type: 'number' },
};

export const peopleProject = ({ target, margins }: ImportCase): QuickProject => ({
  name: 'people',
  rows: importedPeople(2_000, 1),
  target,
  columns: {
    id: { type: 'integer', kind: 'key' },
    age: { type: 'integer', kind: 'numeric' },
    amount: { type: 'number', kind: 'numeric' },
    tenure: { type: 'integer', kind: 'numeric' },
    ...Object.fromEntries(
      Object.entries(kinds).map(([name, kind]) => [name, { ...kind, kind: name === target ? 'target' : 'carried' }]),
    ),
  },
  model: { features: ['age', 'amount', 'tenure'], quality: { require: 'freshness', resamples: 100, margins } },
});

export const peopleRequests = ({ target }: ImportCase): LabelledRequest[] =>
  importedPeople(5_000, 99).map(({ age, amount, tenure, ...person }) => ({
    body: { age, amount, tenure },
    labels: [person[target]],
  }));

export const modelOf = ({ tool }: ImportCase, which: keyof Successors): Uint8Array =>
  Buffer.from(models[tool]?.[which] ?? '', 'base64');
