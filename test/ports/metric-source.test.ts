import { createPrometheusSource } from '../../ports/metric-source/prometheus.ts';
import { metricSourceSuite } from '../contracts/metric-source.suite.ts';
import { countersOf, prometheusOptions, startFakePrometheus } from './fake-prometheus.ts';
import { createScrapedSource } from './scraped-metrics.ts';

metricSourceSuite('Prometheus', async (known) => {
  const { url, close } = await startFakePrometheus(countersOf(known));
  return {
    source: createPrometheusSource('churn', prometheusOptions(url, known)),
    away: createPrometheusSource('churn', prometheusOptions('http://127.0.0.1:9', known)),
    close,
  };
});

// Tests of releases use it: it must be as a real one is.
metricSourceSuite('in memory', async (known) => ({
  source: createScrapedSource(known),
  away: createScrapedSource({ ...known, missing: () => 'the server is away' }),
  close: async () => undefined,
}));
