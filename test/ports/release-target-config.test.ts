import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { fileConfigSchema } from '../../config/schema.ts';
import { openMetricSource } from '../../ports/metric-source/open-metric-source.ts';
import { openReleaseTarget } from '../../ports/release-target/open-release-target.ts';

const registry = { currentDeployment: async () => null };

describe('release targets and metric sources in temporal.yaml', () => {
  test('are our own gateways and the prediction log where nothing is said', () => {
    const config = fileConfigSchema.parse({});
    expect(openReleaseTarget(config, registry, 'churn').name).toBe('gateway');
    expect(openMetricSource(config, 'churn')).toBeNull();
  });

  test('are chosen by model', () => {
    const config = fileConfigSchema.parse({
      releaseTargets: {
        churn: { kind: 'kserve', service: 'churn', settle: '5m' },
        fraud: { kind: 'gatewayApi', route: 'models' },
        credit: { kind: 'sagemaker', endpointName: 'credit', region: 'eu-central-1' },
      },
      metricSources: {
        churn: {
          kind: 'prometheus',
          url: 'https://metrics.example.com',
          requests: 'requests_total{revision="{version}"}',
          events: { error: { selector: 'errors_total{revision="{version}"}' } },
        },
      },
    });
    const names = ['churn', 'fraud', 'credit', 'other'].map((model) => openReleaseTarget(config, registry, model).name);
    expect(names).toEqual(['kserve', 'gatewayApi', 'sagemaker', 'gateway']);
    expect(config.releaseTargets.churn).toMatchObject({ settle: 300_000, poll: 1_000, namespace: 'default' });
    expect(config.metricSources.churn?.events.error?.absent).toBe('error');
    expect(openMetricSource(config, 'churn')).not.toBeNull();
  });

  test('are written in the docs as the schema wants them', async () => {
    const page = await readFile(join(import.meta.dirname, '..', '..', 'docs', 'release-targets.md'), 'utf8');
    const example = /```yaml\n([^`]*)```/.exec(page)?.[1] ?? '';
    const config = fileConfigSchema.parse(parse(example));
    expect(openReleaseTarget(config, registry, 'churn').name).toBe('gatewayApi');
    expect(config.metricSources.churn?.events.error?.selector).toContain('code=~"5.."');
  });

  test.each([
    [
      'a template that does not tell versions apart',
      { releaseTargets: { a: { kind: 'gatewayApi', route: 'r', service: 'a' } } },
    ],
    ['a key that is not known', { releaseTargets: { a: { kind: 'kserve', service: 's', shares: 1 } } }],
    ['a platform that is not known', { releaseTargets: { a: { kind: 'seldon' } } }],
    [
      'a selector that does not tell versions apart',
      { metricSources: { a: { kind: 'prometheus', url: 'http://p', requests: 'requests_total', events: {} } } },
    ],
    [
      'an address that is none',
      { metricSources: { a: { kind: 'prometheus', url: 'p:9090', requests: 'r{v="{version}"}', events: {} } } },
    ],
  ])('refuse %s', (_, config) => {
    expect(fileConfigSchema.safeParse(config).success).toBe(false);
  });
});
