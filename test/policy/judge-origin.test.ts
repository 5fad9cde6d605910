import { expect, test } from 'vitest';
import { judgeData } from '../../policy/gates/data.ts';
import { reasonsOf } from '../../policy/verdict.ts';
import { facts } from './data-facts.ts';
import { dataset, troubles } from './definition.ts';

test('rows whose licence or provenance nobody declared warn, and never stop', () => {
  const verdict = judgeData({ ...facts, dataset: { ...dataset, licence: '', provenance: ' ' } });
  expect(verdict.status).toBe('warn');
  expect(troubles(verdict)).toEqual(['dataset.licence warn', 'dataset.provenance warn']);
  expect(reasonsOf(verdict)[0]).toMatch(/declares no licence: write "licence" in its dataset.yaml/);
});
