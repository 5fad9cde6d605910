import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cliCommandNames, createProgram } from '../../cli/program.ts';
import { pawl, pawlProcess } from '../support/pawl.ts';
import { writeChurnProject } from './churn-project.ts';

describe('the pawl command', () => {
  let folder: string;
  let env: NodeJS.ProcessEnv;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pawl-usage-'));
    await writeChurnProject(folder);
    env = { ...process.env, PAWL_PROJECT: folder, PAWL_HOME: join(folder, '.pawl'), TEMPORAL_ADDRESS: '127.0.0.1:1' };
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each([
    [[], /Usage: pawl/],
    [['frobnicate'], /unknown command 'frobnicate'/],
    [['run'], /missing required argument 'model'/],
    [['run', 'churn', '--limit', 'many'], /--limit.*a positive whole number/],
    [['run', 'churn', '--param', 'epochs'], /--param.*<name>=<value>/],
    [['release', 'churn'], /<model>@<n>, such as employment@2/],
    [['approve', 'some-run', '--by', 'ada'], /required option '--reason <why>'/],
    [['predict', 'churn', 'in.xlsx', 'out.csv'], /value 'in\.xlsx' is invalid.* \.parquet, \.csv/],
    [['predict', 'churn', 'in.csv', 'out.xlsx'], /value 'out\.xlsx' is invalid/],
    [['run', 'churn', '--source', 'rows.xlsx'], /'--source <path>' argument 'rows\.xlsx' is invalid/],
    [['log', 'label', 'labels.xlsx'], /labels\.xlsx is neither \.csv nor \.ndjson/],
    [['evidence', 'abc'], /"abc" is not a digest/],
    [['worker', '--queues', 'cpu,tpu'], /no queue "tpu": choose from pipeline, cpu, gpu, release/],
  ])('ends with 2 and says what was wrong: pawl %j', async (args, message) => {
    const { code, stderr } = await pawl(args, env);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });

  it('says its version', async () => {
    const { code, stdout } = await pawl(['--version'], env);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(code).toBe(0);
  });

  it.each([
    [['predict', 'churn', 'nope.csv', 'out.csv'], /there is no file .*nope\.csv/],
    [['predict', 'churn', 'models/churn.yaml.csv', 'out.csv'], /there is no file/],
    [['backtest', './nope.yaml'], /there is no file .*nope\.yaml/],
    [['backtest', 'chrun', '--keys-per-hour', '10'], /there is no model "chrun"/],
    [['log', 'label', 'nope.csv'], /^pawl: there is no file .*nope\.csv\n$/],
    [['log', 'find', 'nobody'], /knows no request "nobody"/],
    [['split', 'chrun', 'rows'], /there is no model "chrun"/],
    [['show', 'churn@7'], /has no version 7/],
    [['evidence', `sha256:${'0'.repeat(12)}`], /no document of the store/],
    [['report', 'nothing'], /there is no record of a run "nothing"/],
    [['release', 'log', 'churn'], /no release of "churn" is known/],
    [['monitor', 'chrun'], /there is no model "chrun"/],
  ])('ends with 1 where what was named is not there: pawl %j', async (args, message) => {
    const { code, stdout, stderr } = await pawl(args, env, folder);
    expect(stderr).toMatch(message);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });

  it('is a program that ends with 2 where it is asked wrongly', async () => {
    const { code, stdout, stderr } = await pawlProcess(['run'], env);
    expect(stderr).toMatch(/missing required argument 'model'/);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  it('ends with 1 and says how to start a server where none answers', async () => {
    const { code, stderr } = await pawlProcess(['run', 'churn'], env);
    expect(code).toBe(1);
    expect(stderr).toBe(
      'pawl: no Temporal server answers at 127.0.0.1:1: start one with `npx pawl up` (or `npm start`), or name another in TEMPORAL_ADDRESS\n',
    );
  });

  it('inspects the store without a server, and names what there is where something is unknown', async () => {
    expect(JSON.parse((await pawl(['models', '--json'], env)).stdout)).toEqual([
      { model: 'churn', champion: null, versions: 0, schedule: '0 3 * * 1', description: 'Who leaves', problem: null },
    ]);
    expect((await pawl(['versions', 'churn', '--json'], env)).stdout).toBe('[]\n');
    const unknown = await pawl(['versions', 'chrun'], env);
    expect(unknown).toMatchObject({ code: 1, stdout: '' });
    expect(unknown.stderr).toMatch(/^pawl: there is no model "chrun": known are churn\. .*\n$/);
    expect((await pawl(['show', 'churn@7'], env)).stderr).toMatch(/"churn" has no version 7/);
    const said = ['--by', 'ada', '--reason', 'a try'];
    expect((await pawl(['freeze', 'chrun', ...said], env)).stderr).toMatch(
      /^pawl: there is no model "chrun": known are churn/,
    );
    expect((await pawl(['freeze', 'churn', ...said], env)).stderr).toMatch(/^pawl: nothing serves "churn"/);
  });

  it('says which folder it looked in where no model is defined, and refuses a project that is not there', async () => {
    const empty = join(folder, 'datasets');
    const other = { ...env, PAWL_PROJECT: empty, PAWL_HOME: join(folder, '.pawl') };
    expect((await pawl(['models'], other)).stdout).toBe(
      `no model is defined in ${join(empty, 'models')}: add <name>.yaml there\n`,
    );
    for (const args of [
      ['backtest', 'churn'],
      ['versions', 'churn'],
      ['split', 'churn', 'rows'],
    ])
      expect((await pawl(args, other)).stderr).toBe(
        `pawl: there is no model "churn": known are none. Add ${join(empty, 'models')}/churn.yaml, or correct the name\n`,
      );
    const missing = join(folder, 'nope');
    const { code, stderr } = await pawl(['models'], { ...env, PAWL_PROJECT: missing });
    expect(code).toBe(1);
    expect(stderr).toBe(`pawl: the project ${missing} is not a folder: correct PAWL_PROJECT\n`);
  });

  it('refuses a configuration that is not there, and a store of no known kind, in every command', async () => {
    const missing = join(folder, 'nope.yaml');
    for (const args of [['models'], ['status'], ['versions', 'churn']]) {
      const unread = await pawl(args, { ...env, PAWL_CONFIG: missing });
      expect(unread).toMatchObject({ code: 1, stdout: '' });
      expect(unread.stderr).toBe(`pawl: the configuration ${missing} is not a file: correct PAWL_CONFIG\n`);
    }
    const examined = await pawl(['doctor'], { ...env, PAWL_CONFIG: missing });
    expect(examined.code).toBe(1);
    expect(examined.stdout).toMatch(/broken +config +the configuration .*nope\.yaml is not a file/);
    expect((await pawl(['models'], { ...env, PAWL_CONFIG: folder })).stderr).toMatch(/is not a file/);
    for (const store of ['s3//foo', 'S3://foo', 'http://foo/bar', 's3:foo', 'gs://foo', ' ', 'file://', 's3://']) {
      const { code, stdout, stderr } = await pawl(['versions', 'churn'], { ...env, PAWL_STORE: store });
      expect({ store, code, stdout }).toEqual({ store, code: 1, stdout: '' });
      expect(stderr).toContain(
        `the store ${JSON.stringify(store)} is none that is known: correct PAWL_STORE, or store in the configuration, to s3://bucket/prefix, file:///absolute/path or a folder`,
      );
    }
    for (const store of ['kept/here', join(folder, 'store'), `${folder}//kept`, 'file:kept', `file://${folder}/kept`])
      expect(await pawl(['versions', 'churn'], { ...env, PAWL_STORE: store })).toMatchObject({ code: 0, stderr: '' });
  });

  it('takes its own project where nobody names one, and says so where it is called from elsewhere', async () => {
    const { PAWL_PROJECT: _project, ...rest } = env;
    const { code, stdout, stderr } = await pawlProcess(['models', '--json'], rest, tmpdir());
    expect(code).toBe(0);
    expect(stderr).toMatch(/^pawl: this is about the project \/.*: set PAWL_PROJECT=\. where models\/ .*\n$/);
    expect((await pawl(['models', '--json'], rest)).stderr).toBe('');
    expect((await pawl(['models', '--json'], { ...rest, PAWL_PROJECT: folder }, tmpdir())).stderr).toBe('');
    expect(stdout).toContain('"model":"employment"');
  });

  it('has help for every command, and JSON for every one that answers', async () => {
    const program = await createProgram(() => undefined);
    const leaves = program.commands.flatMap((command) => (command.commands.length > 0 ? command.commands : [command]));
    expect(leaves.length).toBeGreaterThan(20);
    expect(program.commands.map((command) => command.name())).toEqual(cliCommandNames);
    for (const command of leaves) {
      expect(command.description(), command.name()).not.toBe('');
      const options = command.options.map(({ long }) => long);
      if (command.name() !== 'demo') expect(options, command.name()).toContain('--json');
      for (const option of command.options) expect(option.description, `${command.name()} ${option.long}`).not.toBe('');
    }
  });
});
