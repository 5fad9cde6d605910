import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canonicalJson } from '../../contracts/canonical.ts';
import { digestSchema } from '../../contracts/digest.ts';
import { approvalKey, deploymentKey, historyKey, versionKey } from '../../ports/registry/keys.ts';
import { createWorld, type World } from '../gateway/harness.ts';
import { tinyModel } from '../gateway/models.ts';
import { pawl } from '../support/pawl.ts';
import { patience } from '../support/patience.ts';

const strange = `sha256:${'f'.repeat(64)}`;
let world: World;
let env: NodeJS.ProcessEnv;
let run: string;
beforeEach(async () => {
  world = await createWorld();
  const { TEMPORAL_ADDRESS: _address, ...outer } = process.env;
  env = { ...outer, PAWL_HOME: world.config.home, PAWL_STORE: world.config.store, PAWL_PROJECT: world.config.home };
  await world.addVersion(tinyModel(0));
  ({ run } = await world.registry.version('tiny', 1));
  for (const reason of ['first', 'second', 'third']) await world.deploy({ champion: 1, reason });
});
afterEach(async () => {
  await world.close();
  await rm(world.config.home, { recursive: true, force: true });
});

async function edit(key: string, change: Record<string, unknown>): Promise<void> {
  const found = await world.store.readPointer(key);
  if (found === null || found === 'unchanged') throw new Error(`${key} is not there`);
  const document = { ...(JSON.parse(new TextDecoder().decode(found.value)) as object), ...change };
  await world.store.writePointer(key, canonicalJson(document), found.token);
}

/** Records the run that made version 1, whose report is a page. */
async function recordRun(id: string): Promise<void> {
  const { candidate, lineage } = await world.registry.version('tiny', 1);
  const report = await world.store.putBlob(Buffer.from('<html><main><p>as it was</p></main></html>'));
  await world.registry.recordRun({
    schema: 'pawl.run/1',
    run: {
      id,
      model: 'tiny',
      startedAt: '2026-01-01T00:00:00.000Z',
      definition: lineage.definition,
      dataset: candidate.model,
      selection: {},
      imported: null,
      seed: 1,
      champion: null,
      code: 'test',
    },
    snapshot: null,
    release: null,
    result: { outcome: 'promoted', version: 1, verdicts: [], reason: 'it passed', report },
    endedAt: '2026-01-01T01:00:00.000Z',
  });
}

describe('pawl verify', { timeout: patience(60_000) }, () => {
  it('ends with 0 where nothing was changed', async () => {
    const { code, stdout } = await pawl(['verify', 'tiny'], env);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/each is what the others say it is/)]);
  });

  it.each([
    ['a version document', () => versionKey('tiny', 1), { run: 'another' }, /version 1 +its run is another/],
    ['the evidence', () => versionKey('tiny', 1), { evidence: strange }, /version 1 +its evidence is sha256:f/],
    ['the history', () => historyKey('tiny', 2), { actor: 'mallory' }, /deployment record 2 +it was changed/],
    ['the record', () => deploymentKey('tiny'), { champion: 9 }, /it serves version 9, which is not registered/],
    ['an approval', () => approvalKey('tiny', run), { evidence: strange }, /approval of run .* names the evidence/],
    ['a decision', () => approvalKey('tiny', run), { decision: 'rejected' }, /version 1 was not approved: rejected/],
  ])('ends with 1 and names %s that was changed, and `pawl show` says so first', async (_, key, change, expected) => {
    await edit(key(), change);
    const { code, stdout } = await pawl(['verify', 'tiny'], env);
    expect([code, stdout]).toEqual([1, expect.stringMatching(expected)]);
    const shown = await pawl(['show', 'tiny@1'], env);
    expect(shown.stdout).toMatch(/^CHANGED IN THE STORE/);
  });

  it.each([
    ['the history', () => historyKey('tiny', 2), { actor: 'mallory' }, /deployment record 2: it was changed/],
    ['the record', () => deploymentKey('tiny'), { champion: 9 }, /it serves version 9, which is not registered/],
    ['a decision', () => approvalKey('tiny', run), { decision: 'rejected' }, /version 1 was not approved: rejected/],
  ])('`pawl audit` says first that %s was changed', async (_, key, change, expected) => {
    const before = await pawl(['audit', 'tiny'], env);
    expect([before.code, before.stdout]).toEqual([0, expect.not.stringContaining('CHANGED')]);
    await edit(key(), change);
    const { stdout } = await pawl(['audit', 'tiny'], env);
    expect(stdout).toMatch(/^CHANGED IN THE STORE.*`pawl verify tiny`/);
    expect(stdout).toMatch(expected);
    const { differences } = JSON.parse((await pawl(['audit', 'tiny', '--json'], env)).stdout) as {
      differences: object[];
    };
    expect(differences.length).toBeGreaterThan(0);
  });

  it('`pawl audit` shows what was decided of an earlier run of the same id', async () => {
    await recordRun(run);
    const said = { by: 'bob', reason: 'not again', via: 'update', at: new Date().toISOString() } as const;
    await world.registry.recordApproval('tiny', run, {
      decision: 'rejected',
      evidence: digestSchema.parse(strange),
      ...said,
    });
    const { stdout } = await pawl(['audit', 'tiny'], env);
    expect(stdout).toMatch(/approved +ada.*\n.*rejected +bob/);
    expect(stdout).not.toContain('CHANGED');
    expect((await pawl(['verify', 'tiny'], env)).code).toBe(0);
  });

  it.each([
    ['the evidence', () => versionKey('tiny', 1), { evidence: strange }, /version 1: its evidence is sha256:f/],
    ['an approval', () => approvalKey('tiny', run), { evidence: strange }, /approval of run .* names the evidence/],
  ])('`pawl report` says first, in the page too, that %s was changed', async (_, key, change, expected) => {
    await recordRun(run);
    const out = join(world.config.home, 'report.html');
    const clean = await pawl(['report', run, '--out', out], env);
    expect([clean.code, clean.stdout]).toEqual([0, expect.not.stringContaining('CHANGED')]);
    expect(await readFile(out, 'utf8')).not.toContain('role="alert"');
    await edit(key(), change);
    const { stdout } = await pawl(['report', run, '--out', out], env);
    expect(stdout).toMatch(/^CHANGED IN THE STORE/);
    expect(stdout).toMatch(expected);
    const page = await readFile(out, 'utf8');
    expect(page).toMatch(/<main><pre role="alert">CHANGED IN THE STORE/);
    expect(page.replaceAll('&#39;', "'")).toMatch(expected);
  });
});

describe('pawl evidence', { timeout: patience(60_000) }, () => {
  it('takes the first digits of a digest, as short forms print them, and says when they are of none or of several', async () => {
    const { evidence } = await world.registry.version('tiny', 1);
    const whole = await pawl(['evidence', evidence], env);
    expect(whole.code).toBe(0);
    for (const short of [evidence.slice(0, 'sha256:'.length + 12), evidence.slice('sha256:'.length, 17)])
      expect(await pawl(['evidence', short], env)).toMatchObject({ code: 0, stdout: whole.stdout });
    const none = await pawl(['evidence', 'sha256:ffffffffffff'], env);
    expect([none.code, none.stderr]).toEqual([1, expect.stringMatching(/no document .* begins with ffffffffffff/)]);
    const odd = await pawl(['evidence', 'sha256:ff'], env);
    expect([odd.code, odd.stderr]).toEqual([
      2,
      expect.stringMatching(/write sha256: and its 64 hex digits, or the first 6/),
    ]);
  });
});
