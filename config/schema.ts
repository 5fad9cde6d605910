import type { ClientConnectConfig } from '@temporalio/envconfig';
import { z } from 'zod';
import { positiveDurationSchema } from '../contracts/duration.ts';
import { defaultQueues } from '../contracts/names.ts';
import { nonBlank } from '../contracts/text.ts';
import { gatewaySchema } from './gateway-schema.ts';
import { metricSourceSchema } from './metric-sources-schema.ts';
import { releaseTargetSchema } from './release-targets-schema.ts';

const port = z.int().min(0).max(65535);
const atOnce = z.int().positive().meta({ unit: 'activities' });

/** Time-outs and retries of one class of work. */
const workClassSchema = (
  meaning: string,
  defaults: { startToClose: number; heartbeat: number | null; attempts: number },
) =>
  z
    .strictObject({
      startToClose: positiveDurationSchema.default(defaults.startToClose).describe('Longest time of one attempt.'),
      heartbeat: positiveDurationSchema
        .nullable()
        .default(defaults.heartbeat)
        .describe('Longest silence of an attempt; null for work that is too short to report.'),
      attempts: z.int().min(0).default(defaults.attempts).describe('Attempts in all; 0 means no limit.'),
      firstRetry: positiveDurationSchema
        .default(1_000)
        .describe('Wait before the second attempt; each further wait is twice as long.'),
      longestRetry: positiveDurationSchema.default(60_000).describe('Longest wait between two attempts.'),
    })
    .refine(({ firstRetry, longestRetry }) => firstRetry <= longestRetry, {
      path: ['longestRetry'],
      error: 'must not be less than "firstRetry"',
    })
    .prefault({})
    .describe(meaning);

/** `temporal.yaml`. Every key has a default. */
export const fileConfigSchema = z.strictObject({
  address: nonBlank
    .nullable()
    .default(null)
    .describe(
      'Address of a Temporal server, `host:port`; null starts the embedded one. `TEMPORAL_ADDRESS` overrides it.',
    ),
  profile: nonBlank
    .nullable()
    .default(null)
    .describe("Profile of Temporal's own configuration file. `TEMPORAL_PROFILE` overrides it."),
  namespace: nonBlank.default('default').describe('Temporal namespace. `TEMPORAL_NAMESPACE` overrides it.'),
  taskQueues: z
    .strictObject({
      pipeline: nonBlank
        .default(defaultQueues.pipeline)
        .describe('Queue of runs, and of activities that answer at once.'),
      cpu: nonBlank.default(defaultQueues.cpu).describe('Queue of activities that compute.'),
      gpu: nonBlank.default(defaultQueues.gpu).describe('Queue of trainings.'),
      release: nonBlank
        .default(defaultQueues.release)
        .describe('Queue of the releases that runs start, and of what changes traffic.'),
    })
    .prefault({})
    .describe('Names of the task queues.'),
  workers: z
    .strictObject({
      pipeline: atOnce.default(20).describe('Of the queue `pipeline`.'),
      cpu: atOnce.default(2).describe('Of the queue `cpu`.'),
      gpu: atOnce.default(1).describe('Of the queue `gpu`.'),
      release: atOnce.default(20).describe('Of the queue `release`.'),
    })
    .prefault({})
    .describe('Activities at once per worker, by queue.'),
  work: z
    .strictObject({
      light: workClassSchema('Work that reads and writes small things.', {
        startToClose: 60_000,
        heartbeat: null,
        attempts: 0,
      }),
      heavy: workClassSchema('Work that computes.', { startToClose: 3_600_000, heartbeat: 30_000, attempts: 5 }),
      training: workClassSchema('Training.', { startToClose: 86_400_000, heartbeat: 15_000, attempts: 10 }),
      analysis: workClassSchema('An analysis of a release.', { startToClose: 60_000, heartbeat: null, attempts: 0 }),
    })
    .prefault({})
    .describe('Time-outs and retries, by class of work. A workflow keeps those that were in force when it started.'),
  ports: z
    .strictObject({
      temporal: port.default(7233).describe('Port of the embedded Temporal server.'),
      ui: port.default(8233).describe('Port of its Web UI.'),
      gateway: port.default(8080).describe('Port of the gateway for HTTP.'),
      gatewayGrpc: port.default(8081).describe('Port of the gateway for gRPC.'),
    })
    .prefault({})
    .describe('Usual ports: another one is taken where one is not free. 0 always takes a free one.'),
  store: nonBlank
    .nullable()
    .default(null)
    .describe(
      'Artifact store: `s3://bucket/prefix`, a `file:` URL or a folder; null is `store` in `PAWL_HOME`. `PAWL_STORE` overrides it.',
    ),
  s3: z
    .strictObject({
      endpoint: nonBlank
        .nullable()
        .default(null)
        .describe("URL of a server other than Amazon's. `PAWL_S3_ENDPOINT` overrides it."),
      region: nonBlank.default('us-east-1').describe('Region of the bucket.'),
      forcePathStyle: z
        .boolean()
        .default(true)
        .describe('Whether the bucket is in the path of a URL (true) or in its host name (false).'),
    })
    .prefault({})
    .describe('How an S3 store is reached.'),
  gateway: gatewaySchema.prefault({}).describe("The gateway's settings."),
  releaseTargets: z
    .record(nonBlank, releaseTargetSchema)
    .default({})
    .describe('By model, the platform that serves it. A model that is not named is served by our own gateways.'),
  metricSources: z
    .record(nonBlank, metricSourceSchema)
    .default({})
    .describe(
      'By model, where the counts of a release come from. A model that is not named is judged by its prediction log.',
    ),
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
