import type { ClientConnectConfig } from '@temporalio/envconfig';
import { z } from 'zod';
import { durationSchema } from '../contracts/duration.ts';
import { defaultQueues } from '../contracts/names.ts';
import { gatewaySchema } from './gateway-schema.ts';
import { metricSourceSchema } from './metric-sources-schema.ts';
import { releaseTargetSchema } from './release-targets-schema.ts';

const port = z.int().min(0).max(65535);

/** Time-outs and retries of one class of work. */
const workClassSchema = (defaults: { startToClose: number; heartbeat: number | null; attempts: number }) =>
  z
    .strictObject({
      /** Longest time of one attempt. */
      startToClose: durationSchema.default(defaults.startToClose),
      /** Longest silence of an attempt; null for work that is too short to report. */
      heartbeat: durationSchema.nullable().default(defaults.heartbeat),
      /** Attempts in all; 0 means no limit. */
      attempts: z.int().min(0).default(defaults.attempts),
      firstRetry: durationSchema.default(1_000),
      longestRetry: durationSchema.default(60_000),
    })
    .prefault({});

/** `temporal.yaml`. Every key has a default; durations are milliseconds or `30s`, `5m`, ... */
export const fileConfigSchema = z.strictObject({
  /** Address of a Temporal server, `host:port`; null starts the embedded one. `TEMPORAL_ADDRESS` overrides it. */
  address: z.string().nullable().default(null),
  /** Profile of Temporal's own configuration file. `TEMPORAL_PROFILE` overrides it. */
  profile: z.string().nullable().default(null),
  /** `TEMPORAL_NAMESPACE` overrides it. */
  namespace: z.string().default('default'),
  taskQueues: z
    .strictObject({
      pipeline: z.string().default(defaultQueues.pipeline),
      cpu: z.string().default(defaultQueues.cpu),
      gpu: z.string().default(defaultQueues.gpu),
      release: z.string().default(defaultQueues.release),
    })
    .prefault({}),
  /** Activities at once per worker, by queue. */
  workers: z
    .strictObject({
      pipeline: z.int().positive().default(20),
      cpu: z.int().positive().default(2),
      gpu: z.int().positive().default(1),
      release: z.int().positive().default(20),
    })
    .prefault({}),
  /** Classes of work: `light` reads and writes small things, `heavy` computes, `training` trains, `look` watches a release. */
  work: z
    .strictObject({
      light: workClassSchema({ startToClose: 60_000, heartbeat: null, attempts: 0 }),
      heavy: workClassSchema({ startToClose: 3_600_000, heartbeat: 30_000, attempts: 5 }),
      training: workClassSchema({ startToClose: 86_400_000, heartbeat: 15_000, attempts: 10 }),
      look: workClassSchema({ startToClose: 60_000, heartbeat: null, attempts: 0 }),
    })
    .prefault({}),
  /** Usual ports, taken when they are free; 0 always takes a free one. */
  ports: z
    .strictObject({
      temporal: port.default(7233),
      ui: port.default(8233),
      gateway: port.default(8080),
      gatewayGrpc: port.default(8081),
    })
    .prefault({}),
  /** `file:` path or `s3://bucket/prefix`; null is the folder `store` in `PAWL_HOME`. `PAWL_STORE` overrides it. */
  store: z.string().nullable().default(null),
  s3: z
    .strictObject({
      /** For servers other than Amazon's. `PAWL_S3_ENDPOINT` overrides it. */
      endpoint: z.string().nullable().default(null),
      region: z.string().default('us-east-1'),
      forcePathStyle: z.boolean().default(true),
    })
    .prefault({}),
  gateway: gatewaySchema.prefault({}),
  /** By model, the platform that serves it; a model that is not named is served by our own gateways. */
  releaseTargets: z.record(z.string(), releaseTargetSchema).default({}),
  /** By model, where the counts of a release come from; a model that is not named is judged by its prediction log. */
  metricSources: z.record(z.string(), metricSourceSchema).default({}),
});
export type FileConfig = z.infer<typeof fileConfigSchema>;

/** Everything that the program reads from outside, as one object. */
export interface Config extends Omit<FileConfig, 'store'> {
  /** Folder of the project: `models/`, `datasets/`, `temporal.yaml`. */
  readonly project: string;
  /** Folder of the model definitions. */
  readonly models: string;
  /** Folder of the embedded state, absolute. */
  readonly home: string;
  /** Absolute `file:` URL or `s3://` URL. */
  readonly store: string;
  /** TLS, API key and headers for the server, from Temporal's own environment and profile. */
  readonly connection: ClientConnectConfig['connectionOptions'];
  /** Revision of the code that runs, for the lineage. */
  readonly code: string;
  /** Arguments for `process.execPath` that start a TypeScript file of ours. */
  readonly execArgs: readonly string[];
}
