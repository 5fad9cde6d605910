import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inferBody } from '../../cli/demo/traffic.ts';
import type { Progress } from '../../contracts/run/approval.ts';
import { snapshotSchema } from '../../contracts/data/dataset.ts';
import type { Digest } from '../../contracts/digest.ts';
import { messages, releaseWorkflowId } from '../../contracts/names.ts';
import { pawl, pawlJson } from '../support/pawl.ts';
import { startEntry, type Entry } from './entry.ts';
import { decide, model, openScene, resultOf, trainingOf, until, versionServed, type Scene } from './scene.ts';
import { patience } from '../support/patience.ts';

const first = { data: { from: 2015, to: 2015, limit: 2_000 } };

/** The path of the data, once: each test goes on where the one before it ended. */
describe('the pipeline', { timeout: patience(300_000) }, () => {
  let scene: Scene;
  let second: Entry;
  beforeAll(async () => {
    scene = await openScene();
    const args = ['--instance', 'second', '--port', '0'];
    second = await startEntry(scene.config, 'second-gateway', 'gateway/main', args, scene.env);
  });
  afterAll(async () => {
    await second?.stop();
    await scene?.stop();
  });

  const gateways = (): string[] => [scene.platform.addresses.gateway.http, String(second.ready.url)];
  const served = (): Promise<(number | null)[]> =>
    Promise.all(gateways().map((url) => versionServed(url, scene.live[0])));
  const untilServed = (version: number): Promise<true> =>
    until(`both gateways serve version ${version}`, async () =>
      (await served()).every((found) => found === version) ? true : null,
    );
  const stored = async (digest: Digest): Promise<string> =>
    new TextDecoder().decode(await scene.ports.store.getBlob(digest));

  it('lets the first version wait for a person, and serves it by the Open Inference Protocol from then on', async () => {
    const run = await scene.start('first', first);
    const waiting = await until('the run waits', async () => {
      const { stage, evidence } = await run.query<Progress>(messages.progress);
      return stage === 'approval' ? evidence : null;
    });
    const version = await scene.ports.registry.version(model, 1);
    expect(version.evidence).toBe(waiting);
    expect(await served()).toEqual([null, null]);
    // Whoever decides sees the numbers first.
    const path = join(scene.config.home, 'so-far.html');
    await pawlJson(['report', 'first', '--out', path], scene.env);
    const report = await readFile(path, 'utf8');
    expect(report).toContain('Waiting');
    expect(report).toContain('for a person to approve or reject');
    const { stages } = await run.query<Progress>(messages.progress);
    const qualityStage = stages.find(({ stage }) => stage === 'quality');
    expect(qualityStage?.numbers).toContainEqual(expect.stringMatching(/^auc 0\.\d+/));
    const { stdout } = await pawl(['evidence', qualityStage?.evidence ?? ''], scene.env);
    expect(JSON.parse(stdout)).toMatchObject({ schema: 'pawl.evidence.quality/1', run: 'first' });
    await decide(run, 'approve');
    expect(await resultOf(run)).toMatchObject({ outcome: 'promoted', version: 1 });
    expect(await scene.ports.registry.approval(model, 'first')).toMatchObject({ by: 'ada', via: 'update' });
    await untilServed(1);

    const [row] = scene.live;
    if (row === undefined) throw new Error('there are no live rows');
    const response = await fetch(`${gateways()[0]}/v2/models/${model}/infer`, {
      method: 'POST',
      body: inferBody(row, 'mine'),
      headers: { 'x-request-id': 'mine' },
    });
    expect(Object.fromEntries(response.headers)).toMatchObject({ 'x-pawl-version': '1', 'x-request-id': 'mine' });
    const { outputs } = (await response.json()) as { outputs: { name: string; data: number[] }[] };
    expect(outputs.map(({ name }) => name)).toEqual(['label', 'probabilities']);
    expect(outputs[1]?.data.reduce((sum, probability) => sum + probability, 0)).toBeCloseTo(1, 5);
  });

  it('trains that version again from its lineage, and gets the same bytes', async () => {
    const { candidate } = await scene.ports.registry.version(model, 1);
    const found = await pawlJson(['reproduce', `${model}@1`], scene.env);
    expect(found).toMatchObject({ model, version: 1, agreement: 'bytes', trained: candidate.fp32, environment: {} });
    const missing = await pawl(['reproduce', `${model}@9`], scene.env);
    expect(missing.code).toBe(1);
    expect(missing.stderr).toContain('has no version 9');
  });

  it('takes a successor through shadow, canary and bake under traffic, and loses no request', async () => {
    const traffic = scene.traffic();
    const run = await scene.start('second', { data: { from: 2015, to: 2015, limit: 4_000 } });
    await decide(run, 'approve');
    const result = await resultOf(run);
    await untilServed(2);
    await traffic.stop();
    expect(result).toMatchObject({ outcome: 'promoted', version: 2 });
    expect(result.verdicts.map(({ stage }) => stage)).toEqual([
      'data',
      'quality',
      'fairness',
      'explain',
      'optimize',
      'staging',
    ]);
    const { errors, requests, labels, labelErrors, versions } = traffic.counts;
    expect({ errors, labelErrors }).toEqual({ errors: {}, labelErrors: 0 });
    expect(labels).toBe(requests);
    expect(Object.keys(versions)).toEqual(['1', '2']);
    const history = await scene.ports.registry.deploymentHistory(model);
    const states = history.map(({ champion, canary, shadow }) => [
      `champion ${champion}`,
      canary === null ? '' : `canary ${canary.version} with ${canary.share}`,
      shadow === null ? '' : `mirrors ${shadow.version}`,
    ]);
    // Who holds the release changes without any traffic being moved.
    expect([...new Set(states.map((state) => state.filter((part) => part !== '').join(', ')))]).toEqual([
      'champion null',
      'champion 1',
      'champion 1, mirrors 2',
      'champion 1, canary 2 with 0.2, mirrors 2',
      'champion 1, canary 2 with 0.5, mirrors 2',
      'champion 1, canary 2 with 0.95, mirrors 2',
      'champion 2',
    ]);
  });

  it('keeps the lineage and a report as HTML, and makes runs and releases findable', async () => {
    const version = await scene.ports.registry.version(model, 2);
    const { definition, dataset, snapshot, training } = version.lineage;
    expect(JSON.parse(await stored(definition))).toMatchObject({ model, seed: 7 });
    expect(JSON.parse(await stored(dataset))).toMatchObject({ dataset: 'acs-employment' });
    const manifest = snapshotSchema.parse(JSON.parse(await stored(snapshot!)));
    expect(manifest.rowCount).toBe(4_000);
    expect(await scene.ports.store.hasBlob(manifest.data)).toBe(true);
    expect(JSON.parse(await stored(training as Digest))).toMatchObject({
      run: 'second',
      model: version.candidate.fp32,
    });
    expect(await scene.ports.store.hasBlob(version.candidate.model)).toBe(true);
    for (const { stage, evidence } of version.verdicts)
      expect(JSON.parse(await stored(evidence)), stage).toMatchObject({ run: 'second' });

    const record = await scene.ports.registry.run('second');
    expect(await stored(record?.result?.report as Digest)).toMatch(/^<!doctype html>[^]*second[^]*<\/html>\s*$/i);

    const found = async (query: string): Promise<string[]> => {
      const ids: string[] = [];
      for await (const { workflowId } of scene.ports.client.workflow.list({ query })) ids.push(workflowId);
      return [...new Set(ids)].toSorted();
    };
    await expect
      .poll(() => found(`PawlModel="${model}" and WorkflowType="retrainAndRelease"`))
      .toEqual(['first', 'second']);
    await expect
      .poll(() => found(`PawlModel="${model}" and PawlVersion=2`))
      .toEqual([releaseWorkflowId(model), 'second']);
  });

  it('rolls back by hand, and every gateway follows', async () => {
    const back = await pawlJson(['rollback', model, '--by', 'ada', '--reason', 'she saw enough'], scene.env);
    expect(back).toMatchObject({ model, champion: 1, from: 2 });
    await untilServed(1);
    const at = (await scene.ports.registry.deploymentHistory(model)).at(-1);
    expect(at).toMatchObject({ champion: 1, canary: null, shadow: null, actor: 'ada' });
  });

  it('trains the same bytes from the same rows and seed', async () => {
    const run = await scene.start('again', { ...first, cache: false });
    const { version } = await decide(run, 'reject');
    expect(await resultOf(run)).toMatchObject({ outcome: 'rejected', version });
    const [once, again] = [await trainingOf(scene, 1), await trainingOf(scene, version ?? 0)];
    expect(again.model).toBe(once.model);
    expect(again.run).not.toBe(once.run);
  });

  it('trains once while nothing changes, and says whose training it took', async () => {
    const run = await scene.start('reusing', first);
    const { version } = await decide(run, 'reject');
    const ended = await resultOf(run);
    const reused = await trainingOf(scene, version ?? 0);
    // Changes that no revision names are not reused.
    const isReused = !scene.ports.code.endsWith('+changes');
    expect(reused.run).toBe(isReused ? 'first' : 'reusing');
    const report = await stored(ended.report as Digest);
    expect(report.includes('This was done by run first, and reused')).toBe(isReused);
  });

  it('takes a model that was trained elsewhere through every gate from evaluation on', async () => {
    const { candidate } = await scene.ports.registry.version(model, 1);
    const file = join(scene.platform.home, 'employment.onnx');
    await writeFile(file, await scene.ports.store.getBlob(candidate.model));
    await pawlJson(['import', model, file, '--id', 'imported'], scene.env);
    const run = scene.ports.client.workflow.getHandle('imported');
    const { version, stages } = await decide(run, 'reject');
    expect(await resultOf(run)).toMatchObject({ outcome: 'rejected', version });
    expect(stages.map(({ stage }) => stage)).toEqual(['data', 'quality', 'fairness', 'explain', 'optimize', 'staging']);
    expect(await scene.ports.registry.version(model, version ?? 0)).toMatchObject({
      candidate: { fp32: candidate.model },
      lineage: { training: null },
    });
  });
});
