import { MockActivityEnvironment } from '@temporalio/testing';
import { expect } from 'vitest';
import { createActivities } from '../../activities/index.ts';
import { loadDocument } from '../../activities/support/documents.ts';
import { explanationEvidenceSchema } from '../../contracts/evidence/explanation.ts';
import { fairnessEvidenceSchema } from '../../contracts/evidence/fairness.ts';
import { optimizationEvidenceSchema } from '../../contracts/evidence/optimization.ts';
import type { GateResult } from '../../contracts/run/run.ts';
import { trained, type StrangersProject } from './project.ts';

/** All gates of a run on one model. */
export async function allGates(project: StrangersProject) {
  const found = await trained(project);
  const { run, candidate, snapshot } = found;
  const activities = createActivities(project.ports);
  const input = { run, candidate, snapshot };
  const gate = async <R extends GateResult>(activity: (given: typeof input) => Promise<R>): Promise<R> =>
    new MockActivityEnvironment({ attempt: 1 }).run<[typeof input], R, typeof activity>(activity, input);
  const { store } = project.ports;
  return {
    ...found,
    fairness: await loadDocument(store, fairnessEvidenceSchema, (await gate(activities.assessFairness)).evidence),
    explanation: await loadDocument(store, explanationEvidenceSchema, (await gate(activities.explainModel)).evidence),
    optimization: await loadDocument(
      store,
      optimizationEvidenceSchema,
      (await gate(activities.optimizeModel)).evidence,
    ),
  };
}

/** A first version that learned its task: no check fails, and only the champion is missing. */
export function expectAllPassed({ quality, optimization }: Awaited<ReturnType<typeof allGates>>, task: string): void {
  expect(quality.task).toBe(task);
  expect(quality.verdict.checks.filter(({ status }) => status === 'fail')).toEqual([]);
  expect(quality.verdict.checks.filter(({ status }) => status !== 'pass').map(({ name }) => name)).toEqual([
    'champion.comparison',
  ]);
  expect(optimization.verdict.status).not.toBe('fail');
}
