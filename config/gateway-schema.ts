import { z } from 'zod';
import { correctionPolicies } from '../contracts/serving/corrections.ts';
import { timerDurationSchema } from '../contracts/duration.ts';
import { servingPolicySchema } from '../contracts/serving/serving-policy.ts';
import { nonBlank } from '../contracts/text.ts';

export const priorities = ['high', 'normal', 'low'] as const;
export type Priority = (typeof priorities)[number];

const mebibytes = (count: number): number => count * 1024 * 1024;

const bytes = z.int().positive().meta({ unit: 'bytes' });
const perSecond = z.number().positive().meta({ unit: 'requests per second' });

/** Someone who shows a bearer token. Without one a request is anonymous, told apart by its address. */
export const gatewayClientSchema = z.strictObject({
  name: nonBlank.describe('Name of the client.'),
  tokenSha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'write the SHA-256 of the token as 64 hex digits')
    .describe('SHA-256 of the token, 64 hex digits.'),
  roles: z
    .array(z.enum(['operator', 'labeller']))
    .default([])
    .describe('`operator` may ask for any version by header, `labeller` may give feedback where not everyone may.'),
  priority: z.enum(priorities).default('normal').describe('Under load, requests of low priority are refused first.'),
  rate: perSecond.nullable().optional().describe('Instead of `quota.rate`; null means no limit.'),
});
export type GatewayClient = z.infer<typeof gatewayClientSchema>;

const policy = servingPolicySchema.shape;

/** A key of a serving policy without its default, and with its meaning. */
const overriding = <T extends z.ZodType>(key: z.ZodDefault<T> | z.ZodPrefault<T>): z.ZodOptional<T> =>
  key
    .unwrap()
    .optional()
    .meta(key.meta() ?? {});

/** Keys of a serving policy, without the defaults: what is not named stays as the model's definition says. */
const servingOverrideSchema = z.strictObject({
  ack: overriding(policy.ack),
  unlogged: overriding(policy.unlogged),
  log: overriding(policy.log),
  key: overriding(policy.key),
  segments: overriding(policy.segments),
  cache: overriding(policy.cache),
  coalesce: overriding(policy.coalesce),
  strict: overriding(policy.strict),
  deadline: overriding(policy.deadline),
  maxBatch: overriding(policy.maxBatch),
});

/** `gateway` of `temporal.yaml`. */
export const gatewaySchema = z.strictObject({
  host: nonBlank.default('127.0.0.1').describe('Address that the gateway listens at; `0.0.0.0` is every address.'),
  processes: z.int().min(0).default(1).describe('Serving processes behind the one port; 0 is one per core.'),
  fastPath: z
    .boolean()
    .default(true)
    .describe(
      'Whether readers of our own, which take a third of the CPU, answer ordinary requests; `false` leaves all to the libraries.',
    ),
  follow: timerDurationSchema.default(250).describe('How often the deployment record is read.'),
  maxBodyBytes: bytes
    .default(mebibytes(8))
    .describe('Largest body of a request, packed and unpacked, and largest gRPC message.'),
  maxRows: z.int().positive().default(10_000).meta({ unit: 'rows' }).describe('Most rows of one request.'),
  maxJsonBytes: bytes
    .default(mebibytes(0.5))
    .describe(
      "Largest JSON text. A model's answer, and the texts of binary tensors, may have four times as many bytes. Numbers in binary tensors are bounded by `maxBodyBytes` alone.",
    ),
  maxJsonValues: z
    .int()
    .positive()
    .default(50_000)
    .meta({ unit: 'values' })
    .describe(
      'Most values of a request as JSON text, most missing values of its rows, and most texts of a request or an answer.',
    ),
  receive: timerDurationSchema
    .default(30_000)
    .describe('Longest time until a request has arrived whole, and until an answer is read.'),
  bytes: z
    .strictObject({
      connection: bytes.default(mebibytes(32)).describe('Of one connection.'),
      process: bytes.default(mebibytes(256)).describe('Of one process.'),
    })
    .prefault({})
    .describe(
      'Most bytes of requests that are being received or answered, and of answers not yet read. More are refused.',
    ),
  shadowQueue: z
    .int()
    .positive()
    .default(1_000)
    .meta({ unit: 'requests' })
    .describe('Mirrored requests that may wait; more are dropped and counted.'),
  drain: timerDurationSchema.default(10_000).describe('How long SIGTERM waits for requests in flight.'),
  clients: z
    .array(gatewayClientSchema)
    .default([])
    .describe('Clients that show a bearer token. A request without one is anonymous, and told apart by its address.'),
  quota: z
    .strictObject({
      rate: perSecond.nullable().default(null).describe('Rate of each client; null means no limit.'),
      burst: z
        .number()
        .positive()
        .default(1)
        .meta({ unit: 'seconds' })
        .describe('So many seconds of the rate may arrive at once.'),
    })
    .prefault({})
    .describe('Token bucket per client; per address for anonymous ones.'),
  shed: z
    .strictObject({
      target: timerDurationSchema.default(250).describe('Longest wait that is tolerated.'),
      interval: timerDurationSchema.default(1_000).describe('How long waits must exceed `target`.'),
      maxInFlight: z
        .int()
        .positive()
        .default(2_000)
        .meta({ unit: 'requests' })
        .describe('Most requests in flight, however short they wait.'),
    })
    .prefault({})
    .describe('Load is shed while requests wait longer than `target` for a whole `interval`; low priority first.'),
  feedback: z
    .strictObject({
      from: z
        .enum(['anyone', 'labellers', 'nobody'])
        .default('anyone')
        .describe('Who may send them: anyone, clients with the role `labeller`, or nobody.'),
      tolerance: timerDurationSchema
        .default(1_000)
        .describe('How far the time of feedback by key and time may lie from the time of its request, on either side.'),
      corrections: z
        .enum(correctionPolicies)
        .default('first')
        .describe(
          'Which of several labels of one request counts: the `first`, the `last`, or the last of a client that showed a token (`authorized`).',
        ),
    })
    .prefault({})
    .describe(
      'Labels and values that come back. They decide releases: a client that may send them can forge live quality.',
    ),
  models: z
    .strictObject({
      memory: bytes
        .default(mebibytes(2048))
        .describe(
          'Most bytes of models in memory. The one used least recently is removed first, never a version that a release needs.',
        ),
      hot: z.int().positive().default(50).meta({ unit: 'models' }).describe('Most models in memory.'),
      isolateBytes: bytes.default(mebibytes(16)).describe('Larger models load and run in a process of their own.'),
      pass: timerDurationSchema
        .default(10_000)
        .describe(
          'Longest time of one pass. A longer one in the event loop ends the process and quarantines the version.',
        ),
      load: timerDurationSchema.default(60_000).describe('Longest time of loading in a process of its own.'),
      processMemory: bytes
        .default(mebibytes(2048))
        .describe('Most memory of a process of its own; measured on Linux only.'),
    })
    .prefault({})
    .describe('Limits of models. Shadows, imported models and large ones run in a process of their own.'),
  log: z
    .strictObject({
      sealEvery: timerDurationSchema
        .default(2_000)
        .describe('Longest time until an open segment is sealed and handed to the store.'),
      sealRecords: z
        .int()
        .positive()
        .default(50_000)
        .meta({ unit: 'requests' })
        .describe('Most requests of a segment.'),
      memory: bytes.default(mebibytes(64)).describe('Most records in memory that wait for the disk.'),
      disk: bytes.default(mebibytes(1024)).describe('Most local segments that wait for the store.'),
    })
    .prefault({})
    .describe('The prediction log.'),
  serving: z
    .record(nonBlank, servingOverrideSchema)
    .default({})
    .describe("By model, what this installation does otherwise than `serving` of the model's definition says."),
});
