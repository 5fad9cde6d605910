import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { loadConfig } from '../../config/load-config.ts';
import type { Config } from '../../config/schema.ts';
import type { DatasetDefinition } from '../../contracts/data/dataset.ts';
import type { Digest } from '../../contracts/digest.ts';
import type { TrainingEvidence } from '../../contracts/evidence/training.ts';
import type { DrawnInput } from '../../contracts/evidence/drawn-input.ts';
import type { TrainedCodes } from '../../contracts/data/trained-codes.ts';
import type { Deployment } from '../../contracts/release/deployment.ts';
import { logSegmentPrefix, logSegmentSchema, type LogRow } from '../../contracts/serving/prediction-log.ts';
import { startGateway, type Gateway, type GatewayOptions } from '../../gateway/gateway.ts';
import { createFileStore } from '../../ports/artifact-store/file.ts';
import type { ArtifactStore } from '../../ports/artifact-store/port.ts';
import { canonicalJson } from '../../contracts/canonical.ts';
import type { ServingPolicy } from '../../contracts/serving/serving-policy.ts';
import { createOnnxInference } from '../../ports/inference/onnx.ts';
import { createSegmentSealer } from '../../ports/prediction-log/sealing/sealer.ts';
import type { DeploymentChange, Registry } from '../../ports/registry/port.ts';
import { createRegistry } from '../../ports/registry/store.ts';
import { tinyDataset, tinyDefinition } from './models.ts';
import { patience } from '../support/patience.ts';

export interface World {
  readonly config: Config;
  readonly store: ArtifactStore;
  readonly registry: Registry;
  /** Makes every call of the store fail, and ends that. */
  outage(on: boolean): void;
  /** Of a model that Pawl trained, unless it is said to be imported; `{}` for a version whose data are not known. */
  addVersion(
    bytes: Uint8Array,
    model?: string,
    serving?: Partial<ServingPolicy>,
    imported?: boolean,
    dataset?: DatasetDefinition | Record<string, never>,
    approved?: boolean,
    definition?: object,
    /** Codes that training took in. */
    codes?: TrainedCodes,
    /** What the import of a model on tensors found of its inputs. */
    drawn?: DrawnInput[],
  ): Promise<number>;
  deploy(change: Partial<DeploymentChange>, model?: string): Promise<Deployment>;
  gateway(instance?: string, options?: Partial<GatewayOptions>): Promise<Gateway>;
  /** All rows in the store, in the order of their segments. */
  logged(model?: string): Promise<LogRow[]>;
  close(): Promise<void>;
}

const trainingOf = (model: Digest, codes: TrainedCodes): TrainingEvidence => ({
  schema: 'pawl.evidence.training/1',
  run: `test/${model}`,
  model,
  training: {
    settings: {},
    seed: 1,
    rows: { train: 1, validation: 1 },
    curve: [],
    bestEpoch: 1,
    provider: 'cpu',
    parameters: 1,
    codes: Object.fromEntries(Object.entries(codes).map(([column, known]) => [column, [...known]])),
    environment: {},
    resumed: { epoch: 0, run: null, unusable: null },
    ms: 0,
  },
});

/** A home, a file store and a registry of their own; the gateways that it starts are closed with it. */
export async function createWorld(settings: Partial<Config['gateway']> = {}): Promise<World> {
  const home = await mkdtemp(join(tmpdir(), 'pawl-gateway-'));
  const url = pathToFileURL(join(home, 'store')).href;
  const loaded = loadConfig({ PAWL_HOME: home, PAWL_STORE: url });
  const config: Config = {
    ...loaded,
    ports: { ...loaded.ports, gateway: 0, gatewayGrpc: 0 },
    gateway: {
      ...loaded.gateway,
      // The slow suites run this folder without it.
      fastPath: process.env.PAWL_TEST_FAST_PATH !== 'off',
      follow: 50,
      // A machine with other work is not an overloaded gateway; tests of shedding set their own target.
      shed: { ...loaded.gateway.shed, target: 10_000 },
      log: { ...loaded.gateway.log, sealEvery: 200 },
      ...settings,
    },
  };
  const disk = createFileStore(url);
  let down = false;
  const store = new Proxy(disk, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function' || name === 'close') return value;
      return async (...args: unknown[]) => {
        if (down) throw new Error('connection refused');
        return (value as (...args: unknown[]) => unknown).apply(target, args);
      };
    },
  });
  const registry = createRegistry(store, Date.now);
  const sealer = createSegmentSealer(config);
  const gateways: Gateway[] = [];
  const world: World = {
    config,
    store,
    registry,
    outage(on) {
      down = on;
    },
    async addVersion(
      bytes,
      model = 'tiny',
      serving = {},
      imported = false,
      dataset = tinyDataset,
      approved = true,
      more = {},
      codes = {},
      drawn,
    ) {
      const digest = await store.putBlob(bytes);
      const definition = await store.putBlob(canonicalJson({ ...tinyDefinition, ...more, serving }));
      const subject = { run: `test/${digest}`, definition, snapshot: digest, model: digest, stages: [] };
      const evidence = await store.putBlob(canonicalJson(subject));
      const said = { by: 'ada', reason: 'a test', via: 'update', at: new Date().toISOString() } as const;
      if (approved) await registry.recordApproval(model, subject.run, { decision: 'approved', evidence, ...said });
      const { version } = await registry.register({
        schema: 'pawl.version/1',
        model,
        created: new Date().toISOString(),
        run: `test/${digest}`,
        candidate: { model: digest, fp32: digest, variant: 'fp32' },
        lineage: {
          definition,
          dataset: await store.putBlob(canonicalJson(dataset)),
          snapshot: digest,
          training: imported ? null : await store.putBlob(canonicalJson(trainingOf(digest, codes))),
          ...(drawn === undefined
            ? {}
            : { inputs: await store.putBlob(canonicalJson({ ...trainingOf(digest, {}), training: null, drawn })) }),
          champion: null,
          code: 'test',
          environment: {},
        },
        verdicts: [],
        subject,
        evidence,
      });
      return version;
    },
    async deploy(change, model = 'tiny') {
      const record = await registry.changeDeployment(model, (current) => ({
        salt: current?.salt ?? 'salt',
        champion: current?.champion ?? null,
        previous: current?.previous ?? null,
        canary: current?.canary ?? null,
        shadow: current?.shadow ?? null,
        guard: current?.guard ?? null,
        frozen: false,
        release: current?.release ?? null,
        actor: 'test',
        reason: 'test',
        ...change,
      }));
      if (record === null) throw new Error('nothing was deployed');
      return record;
    },
    async gateway(instance = 'one', options = {}) {
      const gateway = await startGateway({
        config,
        store,
        registry,
        inference: createOnnxInference(),
        sealer,
        instance,
        report: () => {},
        ...options,
      });
      gateways.push(gateway);
      return gateway;
    },
    async logged(model = 'tiny') {
      const rows: LogRow[] = [];
      for (const key of await disk.listPointers(logSegmentPrefix(model))) {
        const pointer = await disk.readPointer(key);
        if (pointer === null || pointer === 'unchanged') continue;
        const { data } = logSegmentSchema.parse(JSON.parse(Buffer.from(pointer.value).toString()));
        rows.push(...(await readParquet(await disk.fetchFile(data))));
      }
      return rows;
    },
    async close() {
      down = false;
      await Promise.all(gateways.map((gateway) => gateway.close()));
      await sealer.close();
      await disk.close();
      await rm(home, { recursive: true, force: true });
    },
  };
  return world;
}

async function readParquet(path: string): Promise<LogRow[]> {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  try {
    const reader = await connection.runAndReadAll(`select * from read_parquet('${path}')`);
    return reader.getRowObjectsJS() as unknown as LogRow[];
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

export async function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Reply> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Reply['body'] };
}

export async function get(url: string): Promise<Reply> {
  const response = await fetch(url);
  return { status: response.status, headers: response.headers, body: (await response.json()) as Reply['body'] };
}

/** The request for rows of the tiny model. */
export const rowsOf = (...rows: readonly [age: number | null, sector: string][]): { inputs: object[] } => ({
  inputs: [
    { name: 'age', datatype: 'FP32', shape: [rows.length, 1], data: rows.map(([age]) => age) },
    { name: 'sector', datatype: 'BYTES', shape: [rows.length, 1], data: rows.map(([, sector]) => sector) },
  ],
});

export const ask = (
  gateway: Pick<Gateway, 'url'>,
  body: unknown = rowsOf([10, 'a']),
  headers: Record<string, string> = {},
  model = 'tiny',
): Promise<Reply> => post(`${gateway.url}/v2/models/${model}/infer`, body, headers);

/** Waits until the condition holds; throws when it does not within `ms`. */
export async function until(what: string, condition: () => Promise<boolean> | boolean, ms = 10_000): Promise<void> {
  const end = Date.now() + patience(ms);
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`it did not come about within ${ms} ms that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
