import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../config/load-config.ts';
import type { SplitManifest } from '../../contracts/data/split.ts';
import { logisticRegression } from '../cases/models.ts';
import { csvOf, people, strangersProject, type StrangersProject } from '../cases/project.ts';
import { stringify } from 'yaml';
import { plainExport } from '../support/tensor-models.ts';
import { patience } from '../support/patience.ts';
import { toolCase } from '../support/tool-models.ts';
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

  it('prints how it adapts an export, and marks what it guesses', async () => {
    const file = join(project.folder, 'export.onnx');
    await writeFile(file, toolCase('scikit-learn, one input a column').bytes);
    const { code, stderr } = await pawl(['import', 'churn', file, '--id', 'adapted'], env);
    expect(stderr.split('\n').slice(0, -2)).toEqual([
      `pawl: the import adapts ${file} to "churn"; correct what is guessed wrongly by "signature" in its definition:`,
      '  input "age" (float32) takes age',
      '  input "plan" (string) takes plan',
      '  input "amount" (float32) takes amount',
      '  output "output_probability" holds probabilities (guessed: its ZipMap)',
      "  classes in the model's order: 0, 1",
      '  output "output_label" holds the label (guessed: its name)',
    ]);
    expect(code).toBe(0);
  });

  it('refuses an export that it cannot adapt, with all reasons, before a run starts', async () => {
    const file = join(project.folder, 'several.onnx');
    await writeFile(file, toolCase('PyTorch, three logits').bytes);
    const { code, stderr } = await pawl(['import', 'churn', file, '--id', 'refused'], env);
    expect(code).toBe(1);
    expect(stderr).toBe(
      `pawl: ${file} does not fit "churn": its input "x" is of float32, and the column "plan" holds text: export the model with an input of text for it, or encode it within the exported pipeline; its output "output" has 3 columns, and "churned" has 2 labels: correct the labels, or name another output as signature.outputs.probabilities\n`,
    );
    await expect(temporal.client.workflow.getHandle('refused').describe()).rejects.toThrow(/not found/);
  });

  it('takes a model on tensors with its weights beside it, and prints what it is tried with', async () => {
    const definition = {
      model: 'bars',
      tensors: { label: { type: 'string', allowed: ['lying', 'standing', 'none'] } },
    };
    await writeFile(join(project.folder, 'models', 'bars.yaml'), stringify(definition));
    const file = join(project.folder, 'bars.onnx');
    await writeFile(file, plainExport.model);
    const refused = await pawl(['import', 'bars', file], env);
    expect([refused.code, refused.stderr]).toEqual([
      1,
      'pawl: its weights lie in "model.onnx.data", which is not beside it: put the file there, or export the model with its weights inside\n',
    ]);
    await writeFile(join(project.folder, 'model.onnx.data'), plainExport.data);
    const { code, stderr } = await pawl(['import', 'bars', file, '--id', 'bars'], env);
    expect(code).toBe(0);
    expect(stderr.split('\n').slice(0, -1)).toEqual([
      expect.stringMatching(
        /^pawl: takes the weights in model\.onnx\.data into the model \(768 bytes, sha256:[0-9a-f]{64}\)$/,
      ),
      `pawl: the import adapts ${file} to "bars"; correct what is guessed wrongly by "signature" in its definition:`,
      '  input "x" (float32) is a tensor [rows, 1, 12, 12]',
      expect.stringMatching(/^ {2}output "linear" holds logits \(guessed: /),
      "  classes in the model's order: lying, standing, none (guessed: the definition's order)",
      '  the label is that of the greatest probability',
      '  "x": the fixed batch size 1 is made dynamic',
      '  "linear": the fixed batch size 1 is made dynamic',
      'pawl: without callers, made-up rows try "bars"; correct what is guessed wrongly by "tensors.inputs":',
      '  input "x" is tried with 0 to 1, 1 x 12 x 12 a row (guessed: 0 to 1)',
    ]);
  });

  it.each([
    [
      ['run', 'bars'],
      '"bars" is a model on tensors, which has no rows: `pawl import bars <file>` takes one that was trained elsewhere',
    ],
    [
      ['split', 'bars', 'parts'],
      '"bars" is a model on tensors, which has no rows: `pawl import bars <file>` takes one that was trained elsewhere',
    ],
    [
      ['import', 'bars', 'model.onnx', '--limit', '3'],
      '"bars" is a model on tensors, which has no rows: leave out the choice of rows',
    ],
    [
      ['import', 'bars', 'model.onnx', '--trained-on', 'rows'],
      '"bars" is a model on tensors, which has no rows: leave --trained-on out',
    ],
  ])('refuses what needs rows of a model on tensors: %o', async (command, message) => {
    const args = command.map((word) => (word === 'model.onnx' ? model : word));
    expect(await pawl(args, env)).toMatchObject({ code: 1, stderr: `pawl: ${message}\n` });
  });

  it('refuses rows of another dataset, before a run starts', async () => {
    const parts = join(project.folder, 'others');
    const manifest = await pawlJson<SplitManifest>(['split', 'churn', parts], env);
    const other = join(project.folder, 'other.json');
    await writeFile(other, JSON.stringify({ ...manifest, dataset: 'strangers' }));
    const { code, stderr } = await pawl(['import', 'churn', model, '--trained-on', other], env);
    expect(code).toBe(1);
    expect(stderr).toBe(
      `pawl: ${other} has rows of the dataset "strangers", and the model's dataset is "${manifest.dataset}": name a manifest.json of its \`pawl split\`\n`,
    );
  });

  it('refuses a digest of something else than rows, before a run starts', async () => {
    const parts = join(project.folder, 'snapshot');
    const { snapshot } = await pawlJson<SplitManifest>(['split', 'churn', parts], env);
    const { code, stderr } = await pawl(['import', 'churn', model, '--trained-on', snapshot.manifest], env);
    expect(code).toBe(1);
    expect(stderr).toContain(`${snapshot.manifest} is not a file of rows`);
  });

  it('refuses rows that the store does not have, before a run starts', async () => {
    const { code, stderr } = await pawl(['import', 'churn', model, '--trained-on', `sha256:${'0'.repeat(64)}`], env);
    expect(code).toBe(1);
    expect(stderr).toMatch(/cannot be read from the store .*name what `pawl split` wrote with this store/);
  });
});
