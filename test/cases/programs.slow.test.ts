import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadDocument } from '../../activities/support/documents.ts';
import { packageRoot } from '../../config/source-tree.ts';
import { trainingEvidenceSchema } from '../../contracts/evidence/training.ts';
import { allGates } from './all-gates.ts';
import { learnable } from './learnable.ts';
import { csvOf, strangersProject, type StrangersProject } from './project.ts';

const templates: Readonly<Record<string, readonly string[]>> = {
  'scikit-learn': ['binary', 'multiclass', 'regression'],
};

const cases = Object.entries(templates).flatMap(([name, tasks]) => tasks.map((task) => [name, task] as const));

describe.each(cases)('the template %s of task %s', (template, task) => {
  let project: StrangersProject;
  let found: Awaited<ReturnType<typeof allGates>>;
  beforeAll(async () => {
    const { rows, definition } = learnable[task]!;
    project = await strangersProject({ name: 'data.csv', content: csvOf(rows()) });
    const folder = join('trainers', template);
    await cp(join(packageRoot, folder), join(project.folder, folder), { recursive: true });
    const trainer = { kind: 'command', folder, run: ['python', 'train.py'], requirements: 'requirements.txt' };
    await project.define({ ...definition, model: { ...definition.model, trainer } });
    found = await allGates(project);
  }, 1_800_000);
  afterAll(() => project?.close());

  test('learns what there is to learn, and passes the gates', () => {
    expect(found.quality.verdict.checks.filter(({ status }) => status === 'fail')).toEqual([]);
  });

  test('exports the model that it trained, and says on what', async () => {
    const { training } = await loadDocument(project.ports.store, trainingEvidenceSchema, found.evidence);
    expect(training!.program!.difference).toBeLessThan(1e-4);
    expect(training!.environment['python']).toMatch(/^3\./);
    expect(training!.environment['onnx']).toMatch(/^1\./);
  });
});
