import type {
  Exemplar,
  FamilySnapshot,
  HistogramFamily,
  HistogramSeries,
  Labels,
  MetricsSnapshot,
  ValueFamily,
  ValueSeries,
} from './snapshot.ts';

export interface ProcessSnapshot {
  readonly process: string;
  readonly snapshot: MetricsSnapshot;
}

/** The metrics of several processes as those of one. What one process alone says is left as it is. */
export function mergeSnapshots(snapshots: readonly ProcessSnapshot[]): MetricsSnapshot {
  const [first] = snapshots;
  if (first !== undefined && snapshots.length === 1) return first.snapshot;
  const families = new Map<string, FamilySnapshot>();
  for (const { process, snapshot } of snapshots)
    for (const family of snapshot) {
      const own = family.scope === 'process' ? withProcess(family, process) : family;
      const known = families.get(family.name);
      families.set(family.name, known === undefined ? own : merged(known, own));
    }
  return [...families.values()];
}

function withProcess(family: FamilySnapshot, process: string): FamilySnapshot {
  return family.kind === 'histogram'
    ? { ...family, series: family.series.map((series) => ({ ...series, labels: { ...series.labels, process } })) }
    : { ...family, series: family.series.map((series) => ({ ...series, labels: { ...series.labels, process } })) };
}

function merged(a: FamilySnapshot, b: FamilySnapshot): FamilySnapshot {
  if (a.kind === 'histogram' && b.kind === 'histogram') return mergedHistograms(a, b);
  if (a.kind !== 'histogram' && b.kind === a.kind) return mergedValues(a, b);
  throw new Error(`metric "${a.name}" is a ${a.kind} in one process and a ${b.kind} in another`);
}

const mergedValues = (a: ValueFamily, b: ValueFamily): ValueFamily => ({
  ...a,
  series: joined<ValueSeries>(a.series, b.series, (one, other) =>
    a.scope === 'same' ? one : { labels: one.labels, value: one.value + other.value },
  ),
});

const mergedHistograms = (a: HistogramFamily, b: HistogramFamily): HistogramFamily => ({
  ...a,
  series: joined<HistogramSeries>(a.series, b.series, (one, other) => ({
    labels: one.labels,
    counts: one.counts.map((count, bucket) => count + (other.counts[bucket] ?? 0)),
    sum: one.sum + other.sum,
    exemplars: one.exemplars.map((exemplar, bucket) => later(exemplar, other.exemplars[bucket] ?? null)),
  })),
});

const later = (a: Exemplar | null, b: Exemplar | null): Exemplar | null =>
  a === null || (b !== null && b.at > a.at) ? b : a;

function joined<Series extends { readonly labels: Labels }>(
  a: readonly Series[],
  b: readonly Series[],
  join: (a: Series, b: Series) => Series,
): readonly Series[] {
  const key = ({ labels }: Series): string => JSON.stringify(Object.values(labels));
  const series = new Map(a.map((one) => [key(one), one]));
  for (const one of b) {
    const known = series.get(key(one));
    series.set(key(one), known === undefined ? one : join(known, one));
  }
  return [...series.values()];
}
