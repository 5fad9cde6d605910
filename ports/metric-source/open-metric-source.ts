import type { Config } from '../../config/schema.ts';
import type { MetricSource } from './port.ts';
import { createPrometheusSource } from './prometheus.ts';

/** Where the counts of a model's releases come from; null where the config names nothing, which is its prediction log. */
export function openMetricSource(config: Pick<Config, 'metricSources'>, model: string): MetricSource | null {
  const source = config.metricSources[model];
  return source === undefined ? null : createPrometheusSource(model, source);
}
