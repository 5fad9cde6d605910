import { binary } from '../support/classes.ts';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readAddress } from '../../gateway/cluster/address.ts';
import { createPredictionLog } from '../../ports/prediction-log/store.ts';
import { ask, createWorld, post, rowsOf, until, type World } from './harness.ts';
import { tinyModel } from './models.ts';
import { compiled } from '../support/compiled.ts';
import { patience } from '../support/patience.ts';

let world: World;
const children: ChildProcess[] = [];
beforeEach(async () => {
  world = await createWorld();
  await world.addVersion(tinyModel(0), 'tiny', { ack: 'fsync' });
  await world.deploy({ champion: 1, release: 'release/tiny/1' });
});
afterEach(async () => {
  for (const child of children.splice(0))
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  await world.close();
});

const entry = compiled('gateway/main');

async function startProcess(
  instance: string,
  home = world.config.home,
): Promise<{ child: ChildProcess; url: string; instance: string }> {
  const { store } = world.config;
  const child = spawn(process.execPath, [entry, '--instance', instance, '--port', '0', '--grpc-port', '0'], {
    env: { ...process.env, PAWL_HOME: home, PAWL_STORE: store },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  if (child.stdout === null) throw new Error('no output');
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, ...(JSON.parse(line) as { url: string; instance: string }) };
}

describe('a gateway process', () => {
  it(
    'loses and doubles nothing that it acknowledged when it is killed under load',
    { timeout: patience(60_000) },
    async () => {
      const answered = new Set<string>();
      const labelled = new Set<string>();
      for (const round of [0, 1]) {
        const gateway = await startProcess('killed');
        const load = { on: true };
        const clients = Array.from({ length: 6 }, async (_, client) => {
          for (let n = 0; load.on; n++) {
            const id = `${round}-${client}-${n}`;
            try {
              if ((await ask(gateway, { id, ...rowsOf([1, 'a']) })).status === 200) answered.add(id);
              if (n % 5 !== 0) continue;
              if ((await post(`${gateway.url}/feedback`, { request_id: id, label: 1 })).status === 202)
                labelled.add(id);
            } catch {
              return;
            }
          }
        });
        await until('the load runs', () => answered.size > 500 * (round + 1));
        gateway.child.kill('SIGKILL');
        await once(gateway.child, 'exit');
        load.on = false;
        await Promise.all(clients);
      }
      const last = await startProcess('killed');
      last.child.kill('SIGTERM');
      await once(last.child, 'exit');
      expect(last.child.exitCode).toBe(0);
      const records = await world.logged();
      const predicted = records.filter(({ kind }) => kind === 'prediction').map(({ id }) => id);
      expect(new Set(predicted).size).toBe(predicted.length);
      expect([...answered].filter((id) => !predicted.includes(id))).toEqual([]);
      // Written, but killed before the answer was sent: at most one per client and round.
      expect(predicted.length - answered.size).toBeLessThanOrEqual(12);
      const labels = new Set(records.filter(({ kind }) => kind === 'feedback').map(({ id }) => id));
      expect([...labelled].filter((id) => !labels.has(id))).toEqual([]);
      const seen = await createPredictionLog({ store: world.store }).observe({
        model: 'tiny',
        release: 'release/tiny/1',
        champion: 1,
        canary: 2,
        since: 0,
        stepSince: 0,
        bakeStarts: [],
        skip: [],
        matureBefore: Infinity,
        slowMs: 50,
        labelSpace: binary,
      });
      expect(seen.arms.champion.requests).toBe(predicted.length);
    },
  );

  it(
    'has a name of its own in the log of a store that it shares with one of the same name on another machine',
    { timeout: patience(60_000) },
    async () => {
      const elsewhere = await mkdtemp(join(tmpdir(), 'pawl-other-home-'));
      try {
        const two = [await startProcess('gateway'), await startProcess('gateway', elsewhere)];
        for (const [n, gateway] of two.entries()) {
          expect((await ask(gateway, { id: `of-${n}`, ...rowsOf([1, 'a']) })).status).toBe(200);
          gateway.child.kill('SIGTERM');
          await once(gateway.child, 'exit');
        }
        const names = two.map(({ instance }) => instance);
        expect(names).toEqual(names.map(() => expect.stringMatching(/^gateway-[0-9a-f]{8}$/) as string));
        expect(new Set(names).size).toBe(2);
        const again = await startProcess('gateway');
        expect(again.instance).toBe(names[0]);
        // For the commands of its project.
        expect(await readAddress(world.config.home)).toEqual({ instance: again.instance, url: again.url });
        const logged = await world.logged();
        expect(names.map((name) => logged.filter(({ instance }) => instance === name).map(({ id }) => id))).toEqual([
          ['of-0'],
          ['of-1'],
        ]);
      } finally {
        await rm(elsewhere, { recursive: true, force: true });
      }
    },
  );

  it('answers what is in flight on SIGTERM and ends with 0', async () => {
    const { child, url } = await startProcess('drained');
    const replies = Array.from({ length: 50 }, (_, i) => ask({ url }, { id: `r${i}`, ...rowsOf([1, 'a']) }));
    await replies[0];
    child.kill('SIGTERM');
    const settled = await Promise.allSettled(replies);
    await once(child, 'exit');
    expect(child.exitCode).toBe(0);
    const answered = settled.filter((reply) => reply.status === 'fulfilled' && reply.value.status === 200);
    expect((await world.logged()).length).toBe(answered.length);
  });
});
