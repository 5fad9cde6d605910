import type { LabelSpace } from '../data/label-space.ts';
import type { DatasetDefinition } from '../data/dataset.ts';
import type { MetricName } from './tasks/metric-names.ts';
import type { ModelDefinition } from './model-definition.ts';
import type { PsiLimits } from './data-gate.ts';

/** Attributes that are audited, and guarded, though the dataset does not declare them. */
export function fairnessFaults(
  { fairness, release }: ModelDefinition,
  { columns, sensitive, dataset }: DatasetDefinition,
): string[] {
  const names = Object.keys(fairness.attributes);
  const declared = new Set(sensitive.map(({ column }) => column));
  const faults = names.flatMap((attribute) => {
    const parts = attribute.split(' x ');
    const twice = parts.filter((name, i) => parts.indexOf(name) !== i);
    return [
      ...twice.map((name) => `fairness.attributes: "${attribute}" names "${name}" twice: name two attributes`),
      ...parts
        .filter((name) => columns[name] !== undefined && !declared.has(name))
        .map(
          (name) =>
            `fairness.attributes: "${name}" is not sensitive in dataset "${dataset}": add it to "sensitive" there, or leave it out`,
        ),
    ];
  });
  if (release.guards.fairness !== null && names.length === 0)
    faults.push(
      'release.guards.fairness judges the groups of fairness.attributes, and none is named: name one, or leave the guard out',
    );
  return faults;
}

/** Columns whose values make no slices. */
export const sliceFaults = ({ quality }: ModelDefinition, { key, target }: DatasetDefinition): string[] =>
  quality.slices.flatMap((name, i) => {
    if (name === key) return [`quality.slices: "${name}" is the key, each row a slice of its own: leave it out`];
    if (name === target) return [`quality.slices: "${name}" is the target: slices by label say nothing; leave it out`];
    return quality.slices.indexOf(name) === i ? [] : [`quality.slices: "${name}" is listed twice: leave one out`];
  });

/** Labels that the target's own range excludes. */
export function labelFaults(space: LabelSpace, { columns }: DatasetDefinition): string[] {
  if (space.kind === 'numbers') return [];
  const { classes, target } = space;
  const { min, max } = columns[target] ?? {};
  return classes
    .filter(({ code }) => (min !== undefined && Number(code) < min) || (max !== undefined && Number(code) > max))
    .map(({ code }) => `the label ${code} lies outside the range of "${target}": correct min and max, or the label`);
}

/** Metrics that the labels or levels leave undefined. */
export function metricFaults({ quality, quantile }: ModelDefinition, space: LabelSpace): string[] {
  const keysOf = (metric: MetricName): string[] =>
    (['primary', 'margins', 'limits'] as const)
      .filter((key) => (key === 'primary' ? quality.primary === metric : quality[key]?.[metric] !== undefined))
      .map((key) => `quality.${key}`);
  if (space.kind === 'numbers')
    return quantile?.length === 1
      ? keysOf('coverage').map(
          (key) => `${key}: coverage needs two levels, and quantile has one: add levels, or leave it out`,
        )
      : [];
  const { classes, target } = space;
  return space.task === 'binary' || classes.length > 3
    ? []
    : keysOf('top3').map(
        (key) => `${key}: top3 needs four labels or more, and "${target}" has ${classes.length}: take another metric`,
      );
}

/** A balance that the labels cannot have. */
export function balanceFaults({ data: { labelBalance } }: ModelDefinition, space: LabelSpace): string[] {
  if (labelBalance === undefined || space.kind === 'numbers') return [];
  const [low, high] = labelBalance;
  const labels = space.classes.length;
  const even = Number((1 / labels).toPrecision(4));
  if (low > high) return [`data.labelBalance: ${low} is above ${high}: exchange them`];
  // Of two labels one share is judged, and the other one is the rest.
  if (space.task === 'binary') return [];
  if (low > 1 / labels)
    return [
      `data.labelBalance: ${labels} labels cannot each have a share of at least ${low}: write at most ${even}, or leave it out`,
    ];
  return high < 1 / labels
    ? [`data.labelBalance: ${labels} labels cannot all have a share of at most ${high}: write at least ${even}`]
    : [];
}

/** Limits of drift in the wrong order, by the keys of the definition. */
export function psiFaults({ data: { psi } }: ModelDefinition): string[] {
  const { columns, ...all } = psi;
  const own = Object.entries(columns).flatMap(([name, limits]): [string, Partial<PsiLimits>][] =>
    limits === 'off' ? [] : [[`data.psi.columns.${name}`, limits]],
  );
  return [['data.psi', {}] as const, ...own].flatMap(([key, limits]) => {
    const { warn, hold, stop } = { ...all, ...limits };
    const faults: string[] = [];
    if (warn > hold) faults.push(`${key}: warn ${warn} is above hold ${hold}: lower warn, or raise hold`);
    if (stop !== null && hold > stop)
      faults.push(`${key}: hold ${hold} is above stop ${stop}: lower hold, or raise stop`);
    return faults;
  });
}

/** Levels that do not ascend, or have no middle one. */
export function levelFaults({ quantile }: ModelDefinition): string[] {
  if (quantile === undefined) return [];
  if (quantile.some((level, i) => i > 0 && level <= quantile[i - 1]!))
    return [`quantile: the levels ${quantile.join(', ')} do not ascend: write each once, in ascending order`];
  return quantile.length % 2 === 1
    ? []
    : [
        `quantile: ${quantile.length} levels have no middle one, which is the prediction: add one, such as 0.5, or leave one out`,
      ];
}
