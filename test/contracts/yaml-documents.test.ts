import { describe, expect, it } from 'vitest';
import { parseDocument } from '../../config/load-config.ts';
import { fileConfigSchema } from '../../config/schema.ts';
import { datasetDefinitionSchema } from '../../contracts/data/dataset.ts';
import { modelDefinitionSchema } from '../../contracts/model/model-definition.ts';
import { releasePolicySchema } from '../../contracts/release/release-policy.ts';
import { policyFaults } from '../../policy/release/policy-faults.ts';

describe('a document', () => {
  it.each([
    ['has a tag without a meaning', 'address: !foo null\n', /^temporal\.yaml is not valid YAML: Unresolved tag: !foo/],
    ['has an alias that holds itself', 'x: &x {y: *x}\n', /is not valid YAML: an alias .* lies within what it names/],
    ['has one key twice', 'address: a:1\naddress: b:1\n', /is not valid YAML: Map keys must be unique/],
  ])('that %s is refused', (_, text, why) => {
    expect(() => parseDocument(fileConfigSchema, 'temporal.yaml', text)).toThrow(why);
  });

  it('with a misspelt guard is refused with the guard that is meant', () => {
    const text = 'guards: { rules: { acuracy: { action: warn } } }\n';
    expect(() => parseDocument(releasePolicySchema, 'policy.yaml', text)).toThrow(
      'unknown key "guards.rules.acuracy": did you mean "accuracy"?',
    );
  });
});

const refused = (schema: Parameters<typeof parseDocument>[0], text: string): string => {
  try {
    parseDocument(schema, 'a.yaml', text);
  } catch (error) {
    return (error as Error).message.replaceAll(/\n +→/g, ' →');
  }
  throw new Error('it was taken');
};

describe('what is wrong in a document is said in words of its own:', () => {
  it.each([
    ['address: ""', '✖ expected a text that is not blank, not "" → at address'],
    ['taskQueues: { cpu: " " }', '✖ expected a text that is not blank, not " " → at taskQueues.cpu'],
    ['work: { light: { startToClose: 0 } }', '✖ expected a duration above 0, not 0 → at work.light.startToClose'],
    ['work: { light: { firstRetry: 2m } }', '✖ must not be less than "firstRetry" → at work.light.longestRetry'],
    ['ports: { ui: 70000 }', '✖ must be at most 65535, not 70000 → at ports.ui'],
    ['sealEvery: 3s', '✖ unknown key "sealEvery": "sealEvery" belongs under gateway.log'],
    ['gateway: { workers: 3 }', '✖ unknown key "gateway.workers": "workers" belongs to the top level'],
    [
      'releaseTargets: { churn: { kind: kserv } }',
      '✖ expected one of gateway, kserve, gatewayApi, sagemaker, not "kserv": did you mean "kserve"? → at releaseTargets.churn.kind',
    ],
    [
      'releaseTargets: { churn: { service: churn } }',
      '✖ is missing: write one of gateway, kserve, gatewayApi, sagemaker → at releaseTargets.churn.kind',
    ],
  ])('%s', (text, message) => {
    expect(refused(fileConfigSchema, text)).toBe(`a.yaml:\n${message}`);
  });

  it.each([
    ['stepDuration: 1m', '✖ unknown key "stepDuration": "stepDuration" belongs under release, or under release.hotfix'],
    ['release: { steps: [half] }', '✖ expected a number, or keys and values, not "half" → at release.steps[0]'],
    ['optimize: { batchSizes: [] }', '✖ needs at least 1 entry → at optimize.batchSizes'],
    ['', '✖ is missing: write a text → at model'],
  ])('%s', (text, message) => {
    expect(refused(modelDefinitionSchema, text)).toContain(message);
  });

  it('of an empty file', () => {
    expect(refused(datasetDefinitionSchema, '')).toContain('✖ is missing: write a text → at dataset');
  });
});

describe('the guards of a policy', () => {
  const policyOf = (guards: object, more: object = {}) => releasePolicySchema.parse({ guards, ...more });
  const off = { weight: 0 };

  it.each([
    [
      'that is not in force',
      { rules: { value: { action: 'warn' } } },
      {},
      /^release\.guards\.rules\.value: .* not in force/,
    ],
    ['of a bake without a holdback', { rules: { bakeSlow: {} } }, { holdback: 0 }, /bakeSlow: .*holdback above 0/],
  ])('have no rule for one %s', (_, guards, more, fault) => {
    expect(policyFaults(policyOf(guards, more))).toEqual([expect.stringMatching(fault)]);
  });

  it('are not all without weight', () => {
    const { guards } = policyOf({});
    const names = ['accuracy', 'errors', 'slow', 'positives', 'negatives', 'sampleRatio', 'bakeErrors', 'bakeSlow'];
    const rules = Object.fromEntries([...names, 'mirroredErrors', 'mirroredSlow'].map((name) => [name, off]));
    expect(policyFaults(policyOf({ ...guards, rules }), '')).toEqual([
      'guards.rules: the weights of the guards add up to 0: give at least one of them a weight',
    ]);
  });

  it('may have rules for those in force, and weights of 0 for any', () => {
    expect(policyFaults(policyOf({ rules: { errors: { action: 'pause' }, value: off } }))).toEqual([]);
    expect(policyFaults(policyOf({ rules: { bakeErrors: {} } }, { holdback: 0 }))).toEqual([]);
  });
});
