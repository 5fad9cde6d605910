import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { Client, credentials } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Collector, type Counted } from '../../gateway/cluster/collect.ts';
import type { GatewayReady } from '../../gateway/cluster/messages.ts';
import { choosePort } from '../../ports/choose-port.ts';
import { mergeSnapshots } from '../../gateway/metrics/merge.ts';
import { renderMetrics } from '../../gateway/metrics/render.ts';
import type { MetricsSnapshot } from '../../gateway/metrics/snapshot.ts';
import { decoded, encoded } from './grpc-echo.ts';
import { ask, createWorld, post, rowsOf, until, type World } from './harness.ts';
import { tinyModel } from './models.ts';
import { compiled } from '../support/compiled.ts';
import { patience } from '../support/patience.ts';

describe('the metrics that the primary process collects', () => {
  const counts = (total: number): MetricsSnapshot => [
    { kind: 'counter', name: 'n_total', help: '', scope: 'sum', series: [{ labels: {}, value: total }] },
    { kind: 'gauge', name: 'seq', help: '', scope: 'process', series: [{ labels: {}, value: total }] },
  ];
  const page = async (collector: Collector, processes: readonly Counted[]): Promise<string[]> => {
    const { snapshots } = await collector.collect(processes);
    return renderMetrics(mergeSnapshots(snapshots), 'prometheus').split('\n');
  };
  const answering = (collector: Collector, name: string, total: () => number | null): Counted => ({
    name,
    ask: (id) => {
      const value = total();
      if (value === null) return false;
      setImmediate(() => collector.counted(name, id, counts(value)));
      return true;
    },
  });

  it('never let a counter go back when a process dies and begins again at zero', async () => {
    const collector = new Collector();
    let second: number | null = 100;
    const processes = [answering(collector, 'a', () => 10), answering(collector, 'b', () => second)];
    expect(await page(collector, processes)).toEqual(
      expect.arrayContaining(['n_total 110', 'seq{process="a"} 10', 'seq{process="b"} 100']),
    );
    collector.ended('b');
    second = null;
    const without = await page(collector, processes);
    expect(without).toContain('n_total 110');
    expect(without.filter((line) => line.startsWith('seq{'))).toEqual(['seq{process="a"} 10']);
    second = 5;
    expect(await page(collector, processes)).toContain('n_total 115');
    collector.ended('b');
    second = 1;
    expect(await page(collector, processes)).toContain('n_total 116');
  });

  it('do without the gauges of a process that does not answer, and say how many did', async () => {
    const collector = new Collector();
    const processes = [answering(collector, 'a', () => 1), { name: 'b', ask: () => true }];
    const { snapshots, answered } = await collector.collect(processes);
    expect(answered).toBe(1);
    expect(snapshots).toEqual([
      { process: 'a', snapshot: counts(1) },
      { process: 'b', snapshot: [] },
    ]);
  });
});

describe('the port of several processes', () => {
  it('is another than the usual one where that is taken, but never another than the named one', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port: taken } = server.address() as AddressInfo;
    expect(await choosePort('127.0.0.1', undefined, taken)).not.toBe(taken);
    await expect(choosePort('127.0.0.1', taken, 0)).rejects.toThrow('EADDRINUSE');
    server.close();
    await once(server, 'close');
    expect(await choosePort('127.0.0.1', taken, 0)).toBe(taken);
    expect(await choosePort('127.0.0.1', undefined, taken)).toBe(taken);
  });
});

const entry = compiled('gateway/main');

describe('a gateway of two processes', { timeout: patience(300_000) }, () => {
  let world: World;
  const children: ChildProcess[] = [];
  beforeEach(async () => {
    world = await createWorld();
    await world.addVersion(tinyModel(0), 'tiny', { ack: 'fsync' });
    await world.deploy({ champion: 1, release: 'release/tiny/1' });
  });
  afterEach(async () => {
    for (const child of children.splice(0)) await end(child, 'SIGKILL');
    await world.close();
  });

  const end = async (child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      await once(child, 'exit');
    }
    return child.exitCode;
  };

  const start = async (processes = 2): Promise<{ child: ChildProcess; ready: GatewayReady }> => {
    const { home, store } = world.config;
    const child = spawn(
      process.execPath,
      [entry, '--instance', 'pair', '--processes', String(processes), '--port', '0', '--grpc-port', '0'],
      { env: { ...process.env, PAWL_HOME: home, PAWL_STORE: store }, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    children.push(child);
    if (child.stdout === null) throw new Error('no output');
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    return { child, ready: JSON.parse(line) as GatewayReady };
  };

  /** Names in the log, without what this home adds to each. */
  const namesIn = (records: readonly { instance: string }[]): Set<string> =>
    new Set(records.map(({ instance }) => instance.replace(/^pair-[0-9a-f]{8}/, 'pair')));

  const metricsOf = async ({ url }: GatewayReady): Promise<Map<string, number>> => {
    const page = await (await fetch(`${url}/metrics`)).text();
    const lines = page
      .replaceAll(/pair-[0-9a-f]{8}/g, 'pair')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(
      lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
    );
  };
  const requests = 'pawl_requests_total{model="tiny",version="1",arm="champion",outcome="ok"}';

  /** Process ids of the serving processes, as the operating system tells them. */
  const serving = async (child: ChildProcess): Promise<number[]> =>
    (await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8'))
      .trim()
      .split(' ')
      .filter(Boolean)
      .map(Number);

  /** Clients with connections of their own, until they are told to end. */
  const load = (ready: GatewayReady, name: string) => {
    const answered = new Set<string>();
    const labelled = new Set<string>();
    const state = { on: true };
    const clients = Array.from({ length: 8 }, async (_, client) => {
      for (let n = 0; state.on; n++) {
        const id = `${name}-${client}-${n}`;
        try {
          // A new connection now and then meets the other process.
          const headers: Record<string, string> = n % 10 === 0 ? { connection: 'close' } : {};
          if ((await ask(ready, { id, ...rowsOf([1, 'a']) }, headers)).status === 200) answered.add(id);
          if (n % 5 !== 0) continue;
          if ((await post(`${ready.url}/feedback`, { request_id: id, label: 1 })).status === 202) labelled.add(id);
        } catch {
          // Its process was killed; the next connection is another's.
        }
      }
    });
    const stop = async (): Promise<void> => {
      state.on = false;
      await Promise.all(clients);
    };
    return { answered, labelled, stop };
  };

  it('goes on when one is killed under load, restarts it, and loses nothing that it acknowledged', async ({ skip }) => {
    const { child, ready } = await start();
    if (process.platform !== 'linux') skip('the process ids are read from /proc');
    const clients = load(ready, 'r');
    await until('the load runs', () => clients.answered.size > 300);
    const [victim, survivor] = await serving(child);
    if (victim === undefined || survivor === undefined) throw new Error('there are no two processes');
    process.kill(victim, 'SIGKILL');
    const before = clients.answered.size;
    await until('the other one answers', () => clients.answered.size > before + 100, 120_000);
    await until('the dead one is back', async () => (await metricsOf(ready)).get('pawl_processes_up') === 2, 120_000);
    const now = await serving(child);
    expect(now).toContain(survivor);
    expect(now).not.toContain(victim);
    expect(now).toHaveLength(2);
    expect((await metricsOf(ready)).get('pawl_process_restarts_total')).toBe(1);
    await clients.stop();
    expect(await end(child, 'SIGTERM')).toBe(0);
    const records = await world.logged();
    const predicted = records.filter(({ kind }) => kind === 'prediction').map(({ id }) => id);
    const labels = records.filter(({ kind }) => kind === 'feedback').map(({ id }) => id);
    expect(new Set(predicted).size).toBe(predicted.length);
    expect(namesIn(records)).toEqual(new Set(['pair-0', 'pair-1']));
    expect([...clients.answered].filter((id) => !predicted.includes(id))).toEqual([]);
    expect([...clients.labelled].filter((id) => !labels.includes(id))).toEqual([]);
  });

  it('leaves no client waiting for a process that was killed before it took the connection', async ({ skip }) => {
    const { child, ready } = await start();
    if (process.platform !== 'linux') skip('the process ids are read from /proc');
    const [victim] = await serving(child);
    if (victim === undefined) throw new Error('there is no process');
    process.kill(victim, 'SIGSTOP');
    const settled: string[] = [];
    const clients = Array.from({ length: 6 }, async () => {
      const said = await ask(ready, rowsOf([1, 'a']), { connection: 'close' }).catch(() => null);
      settled.push(said === null ? 'closed' : 'answered');
    });
    await until('the other one answers', () => settled.length === 5, 120_000);
    process.kill(victim, 'SIGKILL');
    await Promise.all(clients);
    expect(settled).toEqual([...Array.from({ length: 5 }, () => 'answered'), 'closed']);
  });

  it('counts as one, whichever process is asked, and drains both on SIGTERM', async () => {
    const { child, ready } = await start();
    const clients = load(ready, 'm');
    await until('the load runs', () => clients.answered.size > 200);
    await clients.stop();
    for (let scrape = 0; scrape < 4; scrape++) {
      const metrics = await metricsOf(ready);
      expect(metrics.get(requests)).toBe(clients.answered.size);
      expect(metrics.get('pawl_feedback_total{model="tiny"}')).toBe(clients.labelled.size);
      expect(metrics.get('pawl_processes_up')).toBe(2);
      expect(metrics.get('pawl_deployment_seq{model="tiny",process="pair-0"}')).toBe(1);
      expect(metrics.get('pawl_deployment_seq{model="tiny",process="pair-1"}')).toBe(1);
    }
    const replies = Array.from({ length: 50 }, (_, i) => ask(ready, { id: `last-${i}`, ...rowsOf([1, 'a']) }));
    await replies[0];
    const [code, ...settled] = await Promise.all([
      end(child, 'SIGTERM'),
      ...replies.map(async (reply) => reply.catch(() => null)),
    ]);
    expect(code).toBe(0);
    const answered = settled.filter((reply) => reply?.status === 200).length;
    const predicted = (await world.logged()).filter(({ kind }) => kind === 'prediction');
    expect(predicted).toHaveLength(clients.answered.size + answered);
  });

  it('drains when the primary process is killed, and can be started again on the same log', async ({ skip }) => {
    if (process.platform !== 'linux') skip('the process ids are read from /proc');
    const { child, ready } = await start();
    const workers = await serving(child);
    expect((await ask(ready, { id: 'before', ...rowsOf([1, 'a']) })).status).toBe(200);
    await end(child, 'SIGKILL');
    await until('the serving processes are gone', () => workers.every((pid) => !isThere(pid)), 120_000);
    expect(await world.logged()).toMatchObject([{ id: 'before' }]);
    const again = await start();
    expect((await ask(again.ready, { id: 'after', ...rowsOf([1, 'a']) })).status).toBe(200);
    expect(await end(again.child, 'SIGTERM')).toBe(0);
    expect(await world.logged()).toMatchObject([{ id: 'before' }, { id: 'after' }]);
  });

  it('hands over what processes left that are not started any more', async ({ skip }) => {
    if (process.platform !== 'linux') skip('the process ids are read from /proc');
    const { child, ready } = await start();
    const clients = load(ready, 'left');
    await until('the load runs', () => clients.answered.size > 100);
    const workers = await serving(child);
    for (const pid of workers) process.kill(pid, 'SIGKILL');
    await end(child, 'SIGKILL');
    await clients.stop();
    const alone = await start(1);
    const logged = async (): Promise<Set<string>> => new Set((await world.logged()).map(({ id }) => id));
    await until(
      'all is in the store',
      async () => {
        const ids = await logged();
        return [...clients.answered].every((id) => ids.has(id));
      },
      30_000,
    );
    expect(await end(alone.child, 'SIGTERM')).toBe(0);
    expect(namesIn(await world.logged())).toEqual(new Set(['pair-0', 'pair-1']));
  });

  it('answers gRPC on one port too, by both processes', async () => {
    const { ready } = await start();
    expect(ready).toMatchObject({
      instance: expect.stringMatching(/^pair-[0-9a-f]{8}$/) as string,
      url: `http://127.0.0.1:${ready.port}`,
    });
    expect(ready.grpc).not.toBe(`127.0.0.1:${ready.port}`);
    const ids = Array.from({ length: 8 }, (_, n) => `g${n}`);
    for (const id of ids) expect(await inferByGrpc(ready.grpc, id)).toBe(id);
    await until('they are in the log', async () => (await world.logged()).length === ids.length, 120_000);
    expect(namesIn(await world.logged())).toEqual(new Set(['pair-0', 'pair-1']));
  });
});

/** Over a connection of its own; returns the id that the answer says. */
async function inferByGrpc(address: string, id: string): Promise<unknown> {
  const client = new Client(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  try {
    const asked = encoded('ModelInferRequest', {
      model_name: 'tiny',
      id,
      inputs: [
        { name: 'age', datatype: 'FP32', shape: [1, 1], contents: { fp32_contents: [10] } },
        { name: 'sector', datatype: 'BYTES', shape: [1, 1], contents: { bytes_contents: [Buffer.from('a')] } },
      ],
    });
    const raw = (bytes: Buffer): Buffer => bytes;
    const said = await new Promise<Buffer>((resolve, reject) =>
      client.makeUnaryRequest('/inference.GRPCInferenceService/ModelInfer', raw, raw, asked, (error, bytes) =>
        bytes === undefined ? reject(error ?? new Error('no answer')) : resolve(bytes),
      ),
    );
    return decoded('ModelInferResponse', said).id;
  } finally {
    client.close();
  }
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
