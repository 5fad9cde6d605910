import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { trainingEvidenceSchema } from '../../contracts/evidence/training.ts';
import { loadDocument } from '../../activities/support/documents.ts';
import { allGates, expectAllPassed } from './all-gates.ts';
import { learnable } from './learnable.ts';
import { csvOf, strangersProject, trained, type StrangersProject } from './project.ts';

/** How much more a plan does than `basic`, by the rows that are made. */
const known: Readonly<Record<string, readonly [plan: string, least: number, most: number]>> = {
  binary: ['plus', 3.5, 5.5],
  regression: ['pro', 57, 63],
  ranking: ['pro', 0.6, 1.1],
};

describe.each(Object.entries(learnable))('linear models of task %s', (task, { rows, definition }) => {
  let project: StrangersProject;
  let found: Awaited<ReturnType<typeof allGates>>;
  beforeAll(async () => {
    project = await strangersProject({ name: 'data.csv', content: csvOf(rows()) });
    await project.define({ ...definition, model: { ...definition.model, trainer: { kind: 'linear', splines: 4 } } });
    found = await allGates(project);
  });
  afterAll(() => project?.close());

  test('learn what there is to learn, and pass the gates', () => {
    expectAllPassed(found, task);
  });

  test('are the same bytes a second time, and their evidence has the coefficients', async () => {
    const again = await trained(project);
    expect(again.candidate.model).toBe(found.candidate.model);
    const { training } = await loadDocument(project.ports.store, trainingEvidenceSchema, again.evidence);
    const { linear, settings, curve, bestEpoch } = training!;
    expect(settings).toMatchObject({ kind: 'linear', splines: 4, l2: 1 });
    expect(bestEpoch).toBe(curve.length);
    expect(linear!.converged).toBe(true);
    expect(linear!.gradientNorm).toBeLessThan(1e-8);
    expect(linear!.withoutIntervals === null).toBe(task !== 'quantile');
    for (const { estimate, lower, upper } of linear!.coefficients) {
      if (lower === null || upper === null) continue;
      expect(lower).toBeLessThan(estimate);
      expect(upper).toBeGreaterThan(estimate);
    }
    if (known[task] === undefined) return;
    const [plan, least, most] = known[task];
    // One of the plans is what the others differ from.
    const effect = (code: string): number =>
      linear!.coefficients.find(({ name }) => name.startsWith(`plan = ${code} (against `))?.estimate ?? 0;
    expect(effect(plan) - effect('basic')).toBeGreaterThan(least);
    expect(effect(plan) - effect('basic')).toBeLessThan(most);
  });
});
