import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../config/load-config.ts';
import type { SplitManifest } from '../../contracts/data/split.ts';
import { logisticRegression } from '../cases/models.ts';
import { csvOf, people, strangersProject, type StrangersProject } from '../cases/project.ts';
import { patience } from '../support/patience.ts';
import { pawl, pawlJson } from '../support/pawl.ts';
import { startTestTemporal, type TestTemporal } from '../support/temporal.ts';
import { startStubWorkers, type StubWorkers } from './stub-workers.ts';

describe('pawl import', { timeout: patience(60_000) }, () => {
  let temporal: TestTemporal;
  let project: StrangersProject;
  let workers: StubWorkers;
  let env: NodeJS.ProcessEnv;
  let model: string;
  beforeAll(async () => {
    temporal = await startTestTemporal();
    const rows = people(200).map(({ id, age, plan, amount, churned }) => [id, age, plan, amount, Number(churned)]);
    project = await strangersProject({ name: 'data.csv', content: csvOf(rows) });
    await project.define();
    model = join(project.folder, 'model.onnx');
    await writeFile(model, logisticRegression());
    const { TEMPORAL_ADDRESS: _address, ...outer } = process.env;
    env = { ...outer, PAWL_HOME: temporal.config.home, PAWL_PROJECT: project.folder };
    workers = await startStubWorkers({ ...loadConfig(env), address: temporal.server.address });
  });
  afterAll(async () => {
    await workers?.stop();
    await project?.close();
    await temporal?.stop();
  });

  /** What `pawl show` says of the training of the version that the run registered. */
  const trainingOf = async (run: string): Promise<string> => {
    const version = async (): Promise<number | null> =>
      (await temporal.client.workflow.getHandle(run).query<{ version: number | null }>('progress')).version;
    await expect.poll(version, { timeout: patience(30_000) }).not.toBeNull();
    const { stdout } = await pawl(['show', `churn@${await version()}`], env);
    return /^training +(.*)$/m.exec(stdout)?.[1] ?? '';
  };

  it('keeps which rows the model was trained on with its version', async () => {
    const parts = join(project.folder, 'parts');
    const manifest = await pawlJson<SplitManifest>(['split', 'churn', parts], env);
    const { train, validation } = manifest.parts;
    const told = await pawl(
      ['import', 'churn', model, '--trained-on', join(parts, 'manifest.json'), '--id', 'told'],
      env,
    );
    expect([told.code, told.stderr]).toEqual([0, '']);
    expect(await trainingOf('told')).toBe(`imported, trained on ${train.digest}, ${validation.digest}`);
  });

  it('warns where nobody told which rows the model was trained on', async () => {
    const untold = await pawl(['import', 'churn', model, '--id', 'untold'], env);
    expect(untold.code).toBe(0);
    expect(untold.stderr).toMatch(/^pawl: warning: nobody told which rows the model was trained on, .*--trained-on/);
    expect(await trainingOf('untold')).toBe('imported: nobody told which rows it was trained on');
  });

  it('refuses rows that the store does not have, before a run starts', async () => {
    const { code, stderr } = await pawl(['import', 'churn', model, '--trained-on', `sha256:${'0'.repeat(64)}`], env);
    expect(code).toBe(1);
    expect(stderr).toMatch(/cannot be read from the store .*name what `pawl split` wrote with this store/);
  });
});
