import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { digestSchema } from '../../contracts/digest.ts';
import type { AnalysisRecord, ReleaseRecord } from '../../contracts/release/release-log.ts';
import type { ArtifactStore } from '../../ports/artifact-store/port.ts';
import type { Registry } from '../../ports/registry/port.ts';
import { change, digest, draft, runRecord } from './registry-records.ts';

export interface RegistryUnderTest {
  /** A new registry on the same state, as another process would have it. */
  open(now?: () => number): { registry: Registry; store: ArtifactStore };
  close(): Promise<void>;
}

/** What every registry must do. */
export function registrySuite(name: string, start: () => Promise<RegistryUnderTest>): void {
  describe(`registry: ${name}`, () => {
    let subject: RegistryUnderTest;
    let registry: Registry;
    let store: ArtifactStore;
    let model: string;
    let models = 0;

    beforeAll(async () => {
      subject = await start();
      ({ registry, store } = subject.open(() => Date.parse('2026-02-03T04:05:06.789Z')));
    });
    beforeEach(() => {
      models += 1;
      model = `model-${models}`;
    });
    afterAll(async () => {
      await store.close();
      await subject.close();
    });

    test('numbers versions from 1 and lists them in order', async () => {
      for (let i = 1; i <= 11; i += 1) expect((await registry.register(draft(model, `run/${i}`))).version).toBe(i);
      expect((await registry.versions(model)).map(({ version }) => version)).toEqual([
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
      ]);
      expect(await registry.version(model, 10)).toEqual({ ...draft(model, 'run/10'), version: 10 });
    });

    test('gives a run that registers the same model again the version that it has', async () => {
      const first = await registry.register(draft(model, 'run/1'));
      await registry.register(draft(model, 'run/2'));
      expect(await registry.register({ ...draft(model, 'run/1'), created: '2027-01-01T00:00:00.000Z' })).toEqual(first);
      expect((await registry.register(draft(model, 'run/1', 'b'))).version).toBe(3);
    });

    test('gives racing runs numbers of their own', async () => {
      const registries = Array.from({ length: 6 }, () => subject.open());
      const versions = await Promise.all(
        registries.map(({ registry }, i) => registry.register(draft(model, `run/${i}`))),
      );
      expect(new Set(versions.map(({ version }) => version))).toEqual(new Set([1, 2, 3, 4, 5, 6]));
      await Promise.all(registries.map(({ store }) => store.close()));
    });

    test('names the model and the number of a version that there is not', async () => {
      await expect(registry.version(model, 7)).rejects.toMatchObject({
        type: 'UnknownVersionError',
        details: { model, version: 7 },
      });
      await expect(registry.version(model, -1)).rejects.toMatchObject({ type: 'UnknownVersionError' });
      await expect(registry.version(model, 0.5)).rejects.toMatchObject({ type: 'UnknownVersionError' });
    });

    test('lists the models that have a version or a deployment record', async () => {
      await registry.register(draft(model, 'run/1'));
      await registry.changeDeployment(`${model}-b`, () => change(1));
      await registry.recordRun(runRecord(`${model}-c`, `${model}/run`, '2026-01-01T00:00:00.000Z'));
      const names = await registry.models();
      expect(names.filter((name) => name === model || name.startsWith(`${model}-`))).toEqual([model, `${model}-b`]);
    });

    test('has no deployment record before the first change, then one with a number and a time', async () => {
      expect(await registry.deployment(model)).toBeNull();
      expect(await registry.currentDeployment(model)).toBeNull();
      expect(await registry.deploymentHistory(model)).toEqual([]);
      const written = await registry.changeDeployment(model, () => change(1));
      expect(written).toEqual({
        ...change(1),
        schema: 'pawl.deployment/1',
        seq: 1,
        before: null,
        signature: null,
        model,
        at: '2026-02-03T04:05:06.789Z',
      });
      const found = await registry.deployment(model);
      if (found === null || found === 'unchanged') throw new Error('the record is missing');
      expect(found.record).toEqual(written);
      expect(await registry.currentDeployment(model)).toEqual(written);
      expect(await registry.deployment(model, found.token)).toBe('unchanged');
      await registry.changeDeployment(model, () => change(2));
      expect(await registry.deployment(model, found.token)).toMatchObject({ record: { champion: 2, seq: 2 } });
    });

    test('leaves the record as it is when the decision is to do nothing', async () => {
      expect(await registry.changeDeployment(model, () => null)).toBeNull();
      await registry.changeDeployment(model, () => change(1));
      expect(await registry.changeDeployment(model, () => null)).toMatchObject({ champion: 1, seq: 1 });
    });

    test('asks again for a decision when someone else was faster, and loses neither', async () => {
      const registries = Array.from({ length: 5 }, () => subject.open());
      await Promise.all(
        registries.map(({ registry }) =>
          registry.changeDeployment(model, (current) => change((current?.champion ?? 0) + 1)),
        ),
      );
      const history = await registry.deploymentHistory(model);
      expect(history.map(({ seq, champion }) => [seq, champion])).toEqual([
        [1, 1],
        [2, 2],
        [3, 3],
        [4, 4],
        [5, 5],
      ]);
      await Promise.all(registries.map(({ store }) => store.close()));
    });

    test('keeps every state of the record though a process dies right after the swap', async () => {
      await registry.changeDeployment(model, () => change(1));
      const { store: dying } = subject.open();
      const { createRegistry } = await import('../../ports/registry/store.ts');
      // This process dies as soon as its compare-and-swap is done: nothing it does afterwards happens.
      let dead = false;
      const doomed = createRegistry(
        {
          ...dying,
          async writePointer(key, value, expected) {
            if (dead) throw new Error('dead');
            const token = await dying.writePointer(key, value, expected);
            dead = key.endsWith('/deployment');
            return token;
          },
        },
        Date.now,
      );
      await doomed.changeDeployment(model, () => change(2)).catch(() => null);
      expect((await registry.deploymentHistory(model)).map(({ champion }) => champion)).toEqual([1, 2]);
      await registry.changeDeployment(model, () => change(3));
      expect((await registry.deploymentHistory(model)).map(({ champion }) => champion)).toEqual([1, 2, 3]);
      await dying.close();
    });

    test('tells the states since a release took the record, while it holds it', async () => {
      for (const [champion, release] of [
        [1, 'a'],
        [1, null],
        [2, 'b'],
        [3, 'b'],
      ] as const)
        await registry.changeDeployment(model, () => ({ ...change(champion), release }));
      const states = await registry.heldStates(model, 'b');
      expect(states).toEqual((await registry.deploymentHistory(model)).slice(2));
      expect(states.map(({ seq }) => seq)).toEqual([3, 4]);
      expect(await registry.heldStates(model, 'a')).toEqual([]);
      expect(await registry.heldStates(`${model}-none`, 'a')).toEqual([]);
    });

    test('names the key of a document that is damaged', async () => {
      await store.writePointer(`models/${model}/deployment`, new TextEncoder().encode('{"seq":'), null);
      await expect(registry.deployment(model)).rejects.toMatchObject({
        type: 'CorruptArtifactError',
        message: expect.stringContaining(`models/${model}/deployment`),
      });
      await store.writePointer(`models/${model}/versions/00000001`, new TextEncoder().encode('{"version": 1}'), null);
      await expect(registry.version(model, 1)).rejects.toMatchObject({
        message: expect.stringContaining('versions/00000001'),
      });
    });

    test('keeps what was decided about a run', async () => {
      expect(await registry.approval(model, 'retrain/x')).toBeNull();
      const approval = {
        decision: 'approved',
        by: 'ada',
        reason: 'better',
        evidence: digest('5'),
        at: '2026-01-01T00:00:00.000Z',
        via: 'update',
      } as const;
      await registry.recordApproval(model, 'retrain/x', approval);
      await registry.recordApproval(model, 'retrain/x', approval);
      expect(await registry.approval(model, 'retrain/x')).toEqual(approval);
      expect(await registry.approval(model, 'retrain')).toBeNull();
    });

    test('keeps what was decided of an earlier run of the same id, by its evidence', async () => {
      const decided = (evidence: string, decision: 'approved' | 'rejected', minute: number) =>
        ({
          decision,
          by: 'ada',
          reason: 'looked at it',
          evidence: digestSchema.parse(`sha256:${evidence.repeat(64)}`),
          at: `2026-01-01T00:0${minute}:00.000Z`,
          via: 'update',
        }) as const;
      const all = [decided('a', 'approved', 1), decided('b', 'rejected', 2), decided('c', 'approved', 3)];
      for (const approval of all) await registry.recordApproval(model, 'again', approval);
      for (const approval of all) expect(await registry.approval(model, 'again', approval.evidence)).toEqual(approval);
      expect(await registry.approval(model, 'again')).toEqual(all[2]);
      // Evidence that nobody decided on has the last decision, which names other evidence.
      expect(await registry.approval(model, 'again', digestSchema.parse(`sha256:${'d'.repeat(64)}`))).toEqual(all[2]);
      expect(await registry.approvals(model, 'again')).toEqual(all);
      expect(await registry.approvals(model, 'never')).toEqual([]);
      expect(await registry.approvals(model, 'agai')).toEqual([]);
    });

    test('replaces the record of a run, and lists runs newest first', async () => {
      const ids = [`${model}/a`, `${model}/b?x=1&y= ~é`, `${model}/${'long'.repeat(150)}`];
      for (const [i, id] of ids.entries())
        await registry.recordRun(runRecord(model, id, `2026-01-0${i + 1}T00:00:00.000Z`));
      const ended = {
        ...runRecord(model, ids[0] ?? '', '2026-01-01T00:00:00.000Z'),
        endedAt: '2026-01-09T00:00:00.000Z',
      };
      await registry.recordRun(ended);
      expect(await registry.run(ids[0] ?? '')).toEqual(ended);
      expect((await registry.runs(model)).map(({ run }) => run.id)).toEqual(ids.toReversed());
      expect(await registry.run('nobody')).toBeNull();
    });

    test('shows a run whose id was used again once, as the newest', async () => {
      await registry.recordRun(runRecord(model, `${model}/again`, '2026-01-01T00:00:00.000Z'));
      await registry.recordRun(runRecord(model, `${model}/other`, '2026-01-02T00:00:00.000Z'));
      await registry.recordRun(runRecord(model, `${model}/again`, '2026-01-03T00:00:00.000Z'));
      expect((await registry.runs(model)).map(({ run }) => run.id)).toEqual([`${model}/again`, `${model}/other`]);
    });

    test('keeps looks at a release and how releases ended, in their order, however often they are told', async () => {
      const release = `release/${model} ~ä/run`;
      const analysis = (at: number, decision: AnalysisRecord['decision']): AnalysisRecord => ({
        schema: 'pawl.analysis/1',
        model,
        version: 2,
        release,
        at,
        phase: 'canary',
        step: 1,
        status: 'pass',
        decision,
        fired: [],
        reasons: [],
        evidence: digest('e'),
      });
      const analyses = [analysis(900, 'hold'), analysis(1_000.5, 'advance'), analysis(20_000, 'rollback')];
      for (const one of [...analyses.toReversed(), ...analyses]) await registry.recordAnalysis(one);
      expect(await registry.analyses(model, release)).toEqual(analyses);
      expect(await registry.analyses(model, 'another')).toEqual([]);
      const record = (startedAt: number, reason: string): ReleaseRecord => ({
        schema: 'pawl.release/1',
        release: `${release}/${startedAt}`,
        champion: 1,
        definition: digest('d'),
        startedAt,
        endedAt: startedAt + 1,
        commands: [],
        result: { outcome: 'promoted', model, version: 2, reason, analyses: 3, evidence: null, rollbackMs: null },
      });
      for (const one of [record(2_000, 'b'), record(10, 'old'), record(10, 'a')]) await registry.recordRelease(one);
      expect((await registry.releases(model)).map(({ result }) => result.reason)).toEqual(['a', 'b']);
    });

    test('each judge of a release gets a slot of its own, for good, and the same one again', async () => {
      const release = { model, release: `release/${model} ~ä/run`, slots: 3 };
      const claim = (judge: string) => registry.claimGuardSlot(release, { instance: 'one', judge });
      const first = await Promise.all(['a', 'b', 'c', 'd'].map(claim));
      expect(new Set(first)).toEqual(new Set([0, 1, 2, null]));
      const again = subject.open().registry;
      for (const [i, judge] of ['a', 'b', 'c', 'd'].entries())
        expect(await again.claimGuardSlot(release, { instance: 'two', judge })).toBe(first[i]);
      expect(await registry.claimGuardSlot({ ...release, release: 'another' }, { instance: 'one', judge: 'a' })).toBe(
        0,
      );
    });
  });
}
