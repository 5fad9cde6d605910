import { z } from 'zod';
import { correctionPolicies } from '../contracts/serving/corrections.ts';
import { timerDurationSchema } from '../contracts/duration.ts';
import { servingPolicySchema } from '../contracts/serving/serving-policy.ts';

export const priorities = ['high', 'normal', 'low'] as const;
export type Priority = (typeof priorities)[number];

/** Someone who shows a bearer token. Without one a request is anonymous, told apart by its address. */
export const gatewayClientSchema = z.strictObject({
  name: z.string(),
  /** SHA-256 of the token, 64 hex digits. */
  tokenSha256: z.string().regex(/^[0-9a-f]{64}$/, 'write the SHA-256 of the token as 64 hex digits'),
  /** `operator` may choose version and arm by header, `labeller` may give feedback where not anybody may. */
  roles: z.array(z.enum(['operator', 'labeller'])).default([]),
  priority: z.enum(priorities).default('normal'),
  /** Requests a second, instead of `quota.rate`; null means no limit. */
  rate: z.number().positive().nullable().optional(),
});
export type GatewayClient = z.infer<typeof gatewayClientSchema>;

const policy = servingPolicySchema.shape;

/** Keys of a serving policy, without the defaults: what is not named stays as the model's definition says. */
const servingOverrideSchema = z.strictObject({
  ack: policy.ack.unwrap().optional(),
  unlogged: policy.unlogged.unwrap().optional(),
  log: policy.log.unwrap().optional(),
  key: policy.key.unwrap().optional(),
  segments: policy.segments.unwrap().optional(),
  cache: policy.cache.unwrap().optional(),
  coalesce: policy.coalesce.unwrap().optional(),
  strict: policy.strict.unwrap().optional(),
  deadline: policy.deadline.unwrap().optional(),
  maxBatch: policy.maxBatch.unwrap().optional(),
});

const mebibytes = (count: number): number => count * 1024 * 1024;

/** `gateway` of `temporal.yaml`. */
export const gatewaySchema = z.strictObject({
  host: z.string().default('127.0.0.1'),
  /** Serving processes behind the one port; 0 is one per core. */
  processes: z.int().min(0).default(1),
  /** How often the deployment record is read. */
  follow: timerDurationSchema.default(250),
  /** Largest body, packed and unpacked. */
  maxBodyBytes: z.int().positive().default(mebibytes(8)),
  maxRows: z.int().positive().default(10_000),
  /** Largest JSON text. The outputs of a model's answer, and the texts of binary tensors, may have four times as many bytes. Numbers in binary tensors, which cost next to nothing to read, are bounded by the body alone. */
  maxJsonBytes: z.int().positive().default(mebibytes(0.5)),
  /** Most values that a request may hold as JSON text, that are missing in its rows, and most texts that it, or an answer, may hold in any form. */
  maxJsonValues: z.int().positive().default(50_000),
  /** Longest time until a request has come in whole, and until an answer is read. */
  receive: timerDurationSchema.default(30_000),
  /** Bytes of requests that are being received or answered and of answers that nobody has read; more are refused. */
  bytes: z
    .strictObject({
      connection: z.int().positive().default(mebibytes(32)),
      process: z.int().positive().default(mebibytes(256)),
    })
    .prefault({}),
  /** Mirrored requests that may wait; more are dropped and counted. */
  shadowQueue: z.int().positive().default(1_000),
  /** How long SIGTERM waits for requests in flight. */
  drain: timerDurationSchema.default(10_000),
  clients: z.array(gatewayClientSchema).default([]),
  /** Token bucket per client (anonymous ones: per address). */
  quota: z
    .strictObject({
      /** Requests a second; null means no limit. */
      rate: z.number().positive().nullable().default(null),
      /** Seconds of the rate that may come at once. */
      burst: z.number().positive().default(1),
    })
    .prefault({}),
  /** Load is shed while requests wait longer than `target` for a whole `interval`; low priority first. */
  shed: z
    .strictObject({
      target: timerDurationSchema.default(250),
      interval: timerDurationSchema.default(1_000),
      /** Most requests in flight, however long they wait. */
      maxInFlight: z.int().positive().default(2_000),
    })
    .prefault({}),
  /** Labels and values that come back. They decide releases, and whoever may send them can forge live quality. */
  feedback: z
    .strictObject({
      /** Who may send them: anyone, clients with the role `labeller`, or nobody. */
      from: z.enum(['anyone', 'labellers', 'nobody']).default('anyone'),
      /** How far the time of feedback by key and time may lie from that of its request, on either side. */
      tolerance: timerDurationSchema.default(1_000),
      /** Which of several labels of one request counts: the first, the last, or the last of a client that showed a token. */
      corrections: z.enum(correctionPolicies).default('first'),
    })
    .prefault({}),
  models: z
    .strictObject({
      /** Bytes of models in memory; the one that was asked least lately goes first, never a version that a release needs. */
      memory: z.int().positive().default(mebibytes(2048)),
      /** Models in memory at most. */
      hot: z.int().positive().default(50),
      /** Larger models load and run in a process of their own. */
      isolateBytes: z.int().positive().default(mebibytes(16)),
      /** Longest time of one pass. In the event loop: more ends the process and quarantines the version. */
      pass: timerDurationSchema.default(10_000),
      /** Shadows, imported and large models run in processes of their own: how long they may load, and what memory each may take, on Linux. */
      load: timerDurationSchema.default(60_000),
      processMemory: z.int().positive().default(mebibytes(2048)),
    })
    .prefault({}),
  log: z
    .strictObject({
      /** Longest time until an open segment of the prediction log is sealed and handed to the store. */
      sealEvery: timerDurationSchema.default(2_000),
      /** Requests of a segment at most. */
      sealRecords: z.int().positive().default(50_000),
      /** Records in memory that wait for the disk. */
      memory: z.int().positive().default(mebibytes(64)),
      /** Local segments that wait for the store. */
      disk: z.int().positive().default(mebibytes(1024)),
    })
    .prefault({}),
  /** What this gateway does differently for a model than its definition says. */
  serving: z.record(z.string(), servingOverrideSchema).default({}),
});
