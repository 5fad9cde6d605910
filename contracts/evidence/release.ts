import { z } from 'zod';
import { releasePhases } from '../names.ts';
import { verdictSchema } from '../verdict.ts';
import { agreementSchema, judgedGroupsSchema, observedGroupsSchema } from './groups.ts';
import { lossScaleSchema } from './loss-scale.ts';
import { pairedLossesSchema } from './paired-losses.ts';
import { steppedValuesSchema, valuedKeysSchema } from './values.ts';

/** Counts of one arm since the release began. */
export const armCountsSchema = z.object({
  requests: z.int(),
  errors: z.int(),
  slow: z.int(),
  positives: z.int(),
  p50Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
});
export type ArmCounts = z.infer<typeof armCountsSchema>;

/** First events per sticky key while `share` was in force. */
export const eventCountsSchema = z.object({
  share: z.number(),
  champion: z.int(),
  canary: z.int(),
});
export type EventCounts = z.infer<typeof eventCountsSchema>;

/** Of an arm, at all shares. */
export const totalOf = (counts: readonly EventCounts[], arm: 'champion' | 'canary'): number =>
  counts.reduce((sum, one) => sum + one[arm], 0);

/** What a key is counted for, each once: its requests themselves, and kinds of them. */
export const eventKinds = ['key', 'error', 'slow', 'positive', 'negative'] as const;
export type EventKind = (typeof eventKinds)[number];

/** Kinds of event whose guards a metric source may feed. */
export const metricKinds = ['error', 'slow', 'positive', 'negative'] as const;
export type MetricKind = (typeof metricKinds)[number];

const countsByKind = z.partialRecord(z.enum(metricKinds), z.array(eventCountsSchema));

/** What the model's metric source says about a release: counts of requests, not of keys. */
export const observedMetricsSchema = z.object({
  /** Kinds that the source knows: their guards are judged by what it says, and by nothing else. */
  asked: z.array(z.enum(metricKinds)),
  /** Since the release began, by share in force. A kind that was asked and is not here is missing, and never zero. */
  events: countsByKind,
  /** Those of them since each start of the bake that has passed; empty before. */
  bake: z.array(countsByKind),
  requests: z.array(eventCountsSchema),
  /** The same since the release began, of windows that speak against the canary instead of for it: what a promotion is proven by. */
  proof: z.object({ events: countsByKind, requests: z.array(eventCountsSchema) }),
  /** Requests that the canary answered since the present step began; null where the source said nothing at all. */
  stepRequests: z.int().nullable(),
  /** What was asked for, milliseconds since the epoch. */
  from: z.number(),
  to: z.number(),
  /** Why kinds are missing, in the source's words; null where none is. */
  missing: z.string().nullable(),
});
export type ObservedMetrics = z.infer<typeof observedMetricsSchema>;

/** What was seen of the requests in one segment of the traffic: first events per key in it, and requests by who answered them. */
export const observedSegmentSchema = z.object({
  segment: z.string(),
  events: z.object({
    error: z.array(eventCountsSchema),
    slow: z.array(eventCountsSchema),
    positive: z.array(eventCountsSchema),
    negative: z.array(eventCountsSchema),
    /** Keys by their first request; absent unless a hotfix is judged. */
    key: z.array(eventCountsSchema).optional(),
  }),
  requests: z.object({ champion: z.int(), canary: z.int() }),
  slow: z.object({ champion: z.int(), canary: z.int() }),
});
export type ObservedSegment = z.infer<typeof observedSegmentSchema>;

/** First events per key since a start of the bake, by share. */
export const bakeEventsSchema = z.object({ error: z.array(eventCountsSchema), slow: z.array(eventCountsSchema) });
export type BakeEvents = z.infer<typeof bakeEventsSchema>;

/** Sticky keys by the first of their requests that both versions answered; each counts once. */
const mirroredKeysSchema = z.object({
  keys: z.int(),
  /** Keys whose request failed, or was slow, by the version that answered. */
  errors: z.object({ champion: z.int(), canary: z.int() }),
  slow: z.object({ champion: z.int(), canary: z.int() }),
});

/** Sticky keys by the first of their requests that both versions answered, as far as its true label came back. */
export const pairedKeysSchema = z.object({
  labels: z.int(),
  /** Keys whose label has not come. */
  missing: z.int(),
  /** Keys all of whose mirrors were dropped. */
  dropped: z.int(),
  championRight: z.int(),
  canaryRight: z.int(),
  /** Champion right, canary wrong. */
  worse: z.int(),
  /** Champion wrong, canary right. */
  better: z.int(),
  /** Of answers that are neither right nor wrong; `worse` and `better` are then keys on which the canary, or the champion, loses more. */
  losses: pairedLossesSchema.extend(lossScaleSchema.shape).optional(),
});
export type PairedKeys = z.infer<typeof pairedKeysSchema>;

/**
 * Sticky keys by the first of their live requests while the canary had a share in (0, 1), by that share, the version that answered
 * and whether its label was the true one.
 */
export const labelledKeysSchema = z.object({
  share: z.number(),
  arm: z.enum(['champion', 'canary']),
  right: z.int(),
  /** Those that were to be answered and were not, too. */
  wrong: z.int(),
  /** Keys whose label has not come. */
  missing: z.int(),
  /**
   * Of answers that are neither right nor wrong: keys by the step of 1/1000 of the loss. A request that was to be answered and
   * was not has the loss 1. Absent of classes.
   */
  losses: z
    .object({ steps: z.array(steppedValuesSchema) })
    .extend(lossScaleSchema.shape)
    .optional(),
});
export type LabelledKeys = z.infer<typeof labelledKeysSchema>;

/** Keys by the first of their live requests while both versions had a share, if it was answered with this label, or a number in this range. */
export const predictedKeysSchema = z.object({
  /** A label, or a range as `12.5 to 14`: from the first number, and below the second. */
  prediction: z.string(),
  events: z.array(eventCountsSchema),
});
export type PredictedKeys = z.infer<typeof predictedKeysSchema>;

/** Labels that say the same, and how long after their requests half, and 95 of 100, had come, in milliseconds. */
export const labelDelaySchema = z.object({
  label: z.string(),
  labels: z.int(),
  medianMs: z.number(),
  p95Ms: z.number(),
});
export type LabelDelay = z.infer<typeof labelDelaySchema>;

const requestCountsSchema = z.object({ requests: z.int(), errors: z.int() });

/** Requests that one serving process answered. */
const instanceCountsSchema = requestCountsSchema.extend({
  instance: z.string(),
  /** Of them those of each version. */
  arms: z.object({ champion: requestCountsSchema, canary: requestCountsSchema }),
});

/** Bins of a latency that make it twice as long. */
const binsPerDoubling = 8;
/** Latencies below it are not told apart. */
const leastMs = 0.01;
/** Where a bin of latencies begins, in milliseconds; the bin 0 takes what is shorter too. */
export const latencyEdgeMs = (bin: number): number => leastMs * 2 ** (bin / binsPerDoubling);
export const latencyBinOf = (ms: number): number =>
  Math.floor(binsPerDoubling * Math.log2(Math.max(ms, leastMs) / leastMs));

/** Keys by the bin of the latency of their first live request, while the canary had `share`: `[bin, keys]` in the order of bins. */
export const latencyStretchSchema = z.object({
  share: z.number(),
  champion: z.array(z.tuple([z.int(), z.int()])),
  canary: z.array(z.tuple([z.int(), z.int()])),
});
export type LatencyStretch = z.infer<typeof latencyStretchSchema>;

/** An input that requests lack, and the version that cannot answer them for it. */
const missingInputSchema = z.object({
  version: z.int(),
  kind: z.enum(['columns', 'tensors']),
  input: z.string(),
  requests: z.int(),
});
export type MissingInput = z.infer<typeof missingInputSchema>;

/** What the prediction log says about a release. */
export const releaseObservationSchema = z.object({
  arms: z.object({ champion: armCountsSchema, canary: armCountsSchema }),
  /** Requests that the canary answered since the present step began. */
  stepRequests: z.int(),
  /** Per kind of event and share in force. `key` counts the keys themselves (sample ratio). */
  events: z.object({
    key: z.array(eventCountsSchema),
    error: z.array(eventCountsSchema),
    slow: z.array(eventCountsSchema),
    positive: z.array(eventCountsSchema),
    negative: z.array(eventCountsSchema),
  }),
  /** Requests that both versions answered. `agree`: equal labels. `dropped`: those whose mirrored request was dropped, as said above. */
  mirrored: z.object({
    requests: z.int(),
    errors: z.int(),
    slow: z.int(),
    agree: z.int(),
    dropped: z.int(),
  }),
  /** Requests that only one of the versions could take, those of them that count for neither, and what they lack; absent where there are none. */
  misfits: z.object({ requests: z.int(), uncounted: z.int(), missing: z.array(missingInputSchema) }).optional(),
  mirroredKeys: mirroredKeysSchema,
  /** First events per key since each start of the bake that has passed; the first start is its begin; empty before. */
  bake: z.array(bakeEventsSchema),
  /** Keys whose first mirrored request, answered by both, got its true label back so far. */
  paired: pairedKeysSchema,
  /** Those of them whose request is as old as labels need. */
  mature: pairedKeysSchema,
  agreement: agreementSchema,
  /** Where the policy asks for it; `mature` as above. */
  labelled: z.object({ all: z.array(labelledKeysSchema), mature: z.array(labelledKeysSchema) }).optional(),
  /** By each label of the task, or each range of numbers, also those that nobody predicted; absent where the policy does not ask for it. */
  mix: z.array(predictedKeysSchema).optional(),
  /** As `labelled`. */
  values: z.object({ all: z.array(valuedKeysSchema), mature: z.array(valuedKeysSchema) }).optional(),
  /** Absent where the policy judges none. */
  groups: observedGroupsSchema.optional(),
  /** In the order in which the policy names them; absent where it names none. */
  segments: z.array(observedSegmentSchema).optional(),
  /** First events per key; absent where no guard asks for them. */
  scoreEvents: z.object({ inBand: z.array(eventCountsSchema), outOfRange: z.array(eventCountsSchema) }).optional(),
  /** One for each share at which both versions had live keys. */
  latencies: z.array(latencyStretchSchema),
  instances: z.array(instanceCountsSchema),
  /** Of keys with a label, by what it says, how long after its request it came; absent where no label came. */
  labelDelays: z.array(labelDelaySchema).optional(),
  /** Labels and whole records that cannot be judged since the release began, and count for nothing; absent where there are none. */
  setAside: z.object({ labels: z.int(), records: z.int() }).optional(),
  /** Labels that say something else than the one of their request that counts; absent where there are none. */
  corrected: z.int().optional(),
  /** Requests with a label that came without a token, so that anybody may have sent it; absent where there are none. */
  unsigned: z.int().optional(),
  /** Absent where the model has no metric source. */
  metrics: observedMetricsSchema.optional(),
});
export type ReleaseObservation = z.infer<typeof releaseObservationSchema>;

/** `advance` when the phase may end, `pause` when a guard wants a person to look, `rollback` when one fired. */
export const analysisDecisions = ['advance', 'hold', 'pause', 'rollback'] as const;

/** A sequential test of one guard. */
export const guardSchema = z.object({
  name: z.string(),
  /** Part of the traffic that it judges, `country=DE`; absent where it judges all. */
  segment: z.string().optional(),
  /** Evidence against "harmless": the value of an e-process; it fires at `1 / alpha`. */
  eValue: z.number(),
  alpha: z.number(),
  fired: z.boolean(),
  /** What a guard does when it fires. */
  action: z.enum(['rollback', 'pause', 'warn']),
  estimand: z.string(),
});
export type Guard = z.infer<typeof guardSchema>;

/** A guard and its segment in one word, which tells it from the others of an analysis: `errors`, or `errors[country=DE]`. */
export const guardTitle = ({ name, segment }: Pick<Guard, 'name' | 'segment'>): string =>
  segment === undefined ? name : `${name}[${segment}]`;

export const analysisEvidenceSchema = z.object({
  schema: z.literal('pawl.evidence.analysis/1'),
  model: z.string(),
  version: z.int(),
  champion: z.int().nullable(),
  holder: z.string(),
  phase: z.enum(releasePhases),
  step: z.int(),
  at: z.number(),
  observation: releaseObservationSchema,
  guards: z.array(guardSchema),
  /** What the guard `fairness` found, where it is in force. */
  groups: judgedGroupsSchema.optional(),
  verdict: verdictSchema,
  decision: z.enum(analysisDecisions),
});
export type AnalysisEvidence = z.infer<typeof analysisEvidenceSchema>;
