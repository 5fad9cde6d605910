import { createRandom } from '../../ml/random.ts';
import type { LabelledRequest } from './labelled-traffic.ts';
import type { QuickProject } from './quick-project.ts';

const sizes = ['small', 'middle', 'large'] as const;
const towns = ['north', 'south'] as const;

interface House {
  readonly id: number;
  readonly search: number;
  readonly area: number;
  readonly town: (typeof towns)[number];
  readonly price: number;
  readonly size: (typeof sizes)[number];
  readonly grade: number;
}

/** Rows of a query of the ranking. */
const searchRows = 6;

/**
 * Houses whose price is 2 a square metre and 60 in the north, give or take 15; whose size is by their area, but for one in ten; and whose grade in
 * a search is higher the smaller they are, and in the north.
 */
function houses(count: number, seed: number): House[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, (_, id) => {
    const area = 40 + random.integer(160);
    const town = random.next() < 0.4 ? 'north' : 'south';
    const usual = area < 80 ? 'small' : area < 140 ? 'middle' : 'large';
    const liked = (200 - area) / 50 + (town === 'north' ? 0.5 : 0) + 0.2 * random.normal();
    return {
      id: id + 1,
      search: Math.floor(id / searchRows) + 1,
      area,
      town,
      price: 2 * area + (town === 'north' ? 60 : 0) + 15 * random.normal(),
      size: random.next() < 0.1 ? sizes[random.integer(3)]! : usual,
      grade: Math.max(0, Math.min(3, Math.round(liked))),
    };
  });
}

type Target = 'price' | 'size' | 'grade';

function columnsOf(target: Target): Record<string, object> {
  const kindOf = (column: Target) => (column === target ? 'target' : 'carried');
  return {
    id: { type: 'integer', kind: 'key' },
    search: { type: 'integer', kind: 'carried' },
    area: { type: 'integer', kind: 'numeric' },
    town: { type: 'string', kind: 'categorical', allowed: [...towns] },
    price: { type: 'number', kind: kindOf('price') },
    size: { type: 'string', kind: kindOf('size'), allowed: [...sizes] },
    grade: { type: 'integer', kind: kindOf('grade') },
  };
}

const inputsOf = ({ area, town }: House): object => ({ area, town });

/** A request for each house. */
const single = (target: 'price' | 'size'): LabelledRequest[] =>
  houses(5_000, 99).map((house) => ({ body: inputsOf(house), labels: [house[target]] }));

/** A request for each search. */
function searches(): LabelledRequest[] {
  const rows = houses(5_000 * searchRows, 99);
  return Array.from({ length: 5_000 }, (_, search) => {
    const found = rows.slice(search * searchRows, (search + 1) * searchRows);
    return { body: found.map(inputsOf), labels: found.map(({ grade }) => grade) };
  });
}

export interface TaskCase {
  readonly task: string;
  readonly target: Target;
  readonly model: object;
  readonly requests: () => LabelledRequest[];
  readonly perSecond: number;
  /** How a bad successor is trained. */
  readonly spoilt: Readonly<Record<string, number>>;
  /** What the plain protocol answers to a request. */
  readonly answer: (expect: typeof import('vitest').expect) => object;
  /** Why a bad successor is taken back. */
  readonly bad: RegExp;
}

const untrained = { epochs: 1, learningRate: 1e-9 };

export const taskCases: readonly TaskCase[] = [
  {
    task: 'regression',
    target: 'price',
    model: { quality: { margins: { mae: 1_000 } } },
    requests: () => single('price'),
    perSecond: 50,
    spoilt: untrained,
    answer: (expect) => ({ version: 1, prediction: expect.any(Number) as unknown }),
    bad: /mean error is worse .*canary's mean error \d+.*champion's \d+/,
  },
  {
    task: 'quantile',
    target: 'price',
    model: { quantile: [0.1, 0.5, 0.9], quality: { margins: { pinball: 1_000 } } },
    requests: () => single('price'),
    perSecond: 50,
    spoilt: untrained,
    answer: (expect) => ({
      version: 1,
      prediction: expect.any(Number) as unknown,
      quantiles: {
        0.1: expect.any(Number) as unknown,
        0.5: expect.any(Number) as unknown,
        0.9: expect.any(Number) as unknown,
      },
    }),
    bad: /mean pinball loss is worse /,
  },
  {
    task: 'multiclass',
    target: 'size',
    model: { quality: { margins: { logLoss: 10 } } },
    requests: () => single('size'),
    perSecond: 50,
    spoilt: untrained,
    answer: (expect) => ({
      version: 1,
      label: expect.stringMatching(/^(small|middle|large)$/) as unknown,
      probabilities: Object.fromEntries(sizes.map((size) => [size, expect.any(Number) as unknown])),
    }),
    bad: /accuracy is worse .*canary right on/,
  },
  {
    task: 'ranking',
    target: 'grade',
    model: {
      query: 'search',
      split: { by: 'group', group: 'search' },
      quality: { margins: { ndcg: 1 } },
    },
    requests: searches,
    perSecond: 20,
    // An untrained network orders well: its first step goes the right way. This one overshoots to a constant.
    spoilt: { epochs: 1, learningRate: 10 },
    answer: (expect) => ({
      version: 1,
      predictions: Array.from(
        { length: searchRows },
        () => expect.objectContaining({ prediction: expect.any(Number) as unknown }) as unknown,
      ),
    }),
    bad: /mean NDCG is worse /,
  },
];

export const houseProject = ({ target, model }: TaskCase): QuickProject => {
  const { quality, ...keys } = model as { quality: object };
  return {
    name: 'house',
    rows: houses(3_000, 1).map((house) => ({ ...house })),
    columns: columnsOf(target),
    target,
    // A ranking has no groups whose loss it could tell.
    sensitive: 'query' in keys ? [] : ['town'],
    // No gate stops the bad successor: it is the release that finds it.
    model: { features: ['area', 'town'], quality: { require: 'freshness', resamples: 100, ...quality }, ...keys },
  };
};
