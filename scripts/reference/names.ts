import { environment } from '../../config/environment.ts';
import { metricDefinitions } from '../../gateway/metrics/definitions.ts';
import type { Scope } from '../../gateway/metrics/snapshot.ts';
import { ownSearchAttributes, searchAttributeMeanings } from '../../workers/search-attributes.ts';
import { page, table } from './markdown.ts';

const code = (text: string): string => `\`${text}\``;

/** Every variable of the environment. */
export const environmentPage = (): string =>
  page('Environment', [
    'A variable overrides the key of `temporal.yaml` that its default names.',
    ...Object.entries(environment).map(
      ([topic, variables]) =>
        `## ${topic}\n${table(
          ['variable', 'default', 'meaning'],
          variables.map(({ names, meaning, default: fallback }) => [names.map(code).join(', '), fallback, meaning]),
        )}`,
    ),
  ]);

const titles: Readonly<Record<keyof typeof metricDefinitions, string>> = {
  requests: 'Requests',
  gauges: 'State',
  guard: "The gateways' own guard",
  cluster: 'Processes behind one port',
  process: 'Each process',
};

const scopes: Readonly<Record<Scope, readonly string[]>> = { sum: [], process: ['process'], same: [] };

/** Every metric of a gateway. */
export const metricsPage = (): string =>
  page('Metrics', [
    'A gateway answers `/metrics` in the format of Prometheus, or of OpenMetrics with exemplars on request. Where several processes serve one port, their metrics are added up; those of one process alone then have the label `process`.',
    ...Object.entries(metricDefinitions).map(
      ([group, metrics]) =>
        `## ${titles[group as keyof typeof titles]}\n${table(
          ['metric', 'type', 'labels', 'meaning'],
          Object.values(metrics).map(({ name, kind, labels, scope, help }) => [
            code(name),
            kind,
            [...labels, ...scopes[scope]].map(code).join(', '),
            help,
          ]),
        )}`,
    ),
  ]);

/** Every search attribute of a workflow. */
export const searchAttributesPage = (): string =>
  page('Search attributes', [
    'Workflows set them, so that `temporal workflow list --query` and the Web UI find executions. `pawl setup-namespace` makes them in a namespace of your own server.',
    table(
      ['search attribute', 'type', 'meaning'],
      Object.entries(ownSearchAttributes).map(([name, type]) => [
        code(name),
        type,
        searchAttributeMeanings[name as keyof typeof searchAttributeMeanings],
      ]),
    ),
  ]);
