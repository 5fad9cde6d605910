import type { Exemplar, FamilySnapshot, HistogramFamily, Labels, MetricsSnapshot } from './snapshot.ts';

export { mergeSnapshots } from './merge.ts';

export type MetricsFormat = 'prometheus' | 'openmetrics';

/** The metrics as Prometheus text 0.0.4, or as OpenMetrics 1.0 with exemplars. */
export function renderMetrics(snapshot: MetricsSnapshot, format: MetricsFormat): string {
  const lines: string[] = [];
  for (const family of snapshot) renderFamily(lines, family, format);
  if (format === 'openmetrics') lines.push('# EOF');
  return `${lines.join('\n')}\n`;
}

function renderFamily(lines: string[], family: FamilySnapshot, format: MetricsFormat): void {
  const { name, kind } = family;
  // OpenMetrics names a counter without the ending of its samples.
  const title = format === 'openmetrics' && kind === 'counter' ? name.replace(/_total$/, '') : name;
  lines.push(`# HELP ${title} ${helpText(family.help, format)}`, `# TYPE ${title} ${kind}`);
  if (family.kind === 'histogram') renderHistogram(lines, family, format);
  else
    for (const { labels, value } of family.series)
      lines.push(`${name}${braced(labelText(labels))} ${numberText(value)}`);
}

function renderHistogram(lines: string[], { name, bounds, series }: HistogramFamily, format: MetricsFormat): void {
  for (const { labels, counts, sum, exemplars } of series) {
    const text = labelText(labels);
    let below = 0;
    counts.forEach((count, bucket) => {
      below += count;
      const le = `le="${boundText(bounds[bucket])}"`;
      const exemplar = format === 'openmetrics' ? exemplarText(exemplars[bucket] ?? null) : '';
      lines.push(`${name}_bucket{${text === '' ? le : `${text},${le}`}} ${below}${exemplar}`);
    });
    lines.push(`${name}_sum${braced(text)} ${numberText(sum)}`, `${name}_count${braced(text)} ${below}`);
  }
}

/** OpenMetrics wants bounds as floating-point numbers; both formats say the same, so that a bucket keeps its name. */
const boundText = (bound: number | undefined): string =>
  bound === undefined ? '+Inf' : Number.isInteger(bound) ? `${bound}.0` : String(bound);

const exemplarText = (exemplar: Exemplar | null): string =>
  exemplar === null
    ? ''
    : ` # {trace_id="${exemplar.trace}"} ${numberText(exemplar.value)} ${(exemplar.at / 1_000).toFixed(3)}`;

const braced = (text: string): string => (text === '' ? '' : `{${text}}`);

const labelText = (labels: Labels): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(String(value)).replaceAll('"', '\\"')}"`)
    .join(',');

const helpText = (help: string, format: MetricsFormat): string =>
  format === 'openmetrics' ? escaped(help).replaceAll('"', '\\"') : escaped(help);

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}
