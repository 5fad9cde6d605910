import { z } from 'zod';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';

/**
 * KServe copies the annotations of an InferenceService into the pods, so that a changed annotation makes a new revision.
 * These are therefore written only together with a new `storageUri`.
 */
export const annotations = {
  /** The version that `spec` holds. */
  latest: 'pawl.dev/latest',
  /** The version that had all the traffic when `spec` was written, or `null`. */
  before: 'pawl.dev/before',
  /** KServe's newest revision when `spec` was written: as long as it is the newest, KServe has not seen `spec`. */
  after: 'pawl.dev/after',
} as const;

const placedSchema = z.object({ version: z.int(), digest: z.string(), artifact: z.string() });
export type Placed = z.infer<typeof placedSchema>;

const text = z.string().default('');

const objectSchema = z.looseObject({
  metadata: z.looseObject({ annotations: z.record(z.string(), z.string()).default({}) }),
  spec: z.looseObject({
    predictor: z.looseObject({
      canaryTrafficPercent: z.int().nullish(),
      model: z.looseObject({ storageUri: z.string().optional() }).optional(),
    }),
  }),
  status: z
    .looseObject({
      deploymentMode: z.string().optional(),
      conditions: z.array(z.looseObject({ type: z.string(), status: z.string(), message: text })).default([]),
      modelStatus: z
        .looseObject({
          transitionStatus: text,
          lastFailureInfo: z.looseObject({ message: text, modelRevisionName: text, reason: text }).optional(),
        })
        .optional(),
      components: z
        .looseObject({
          predictor: z
            .looseObject({
              latestCreatedRevision: text,
              latestReadyRevision: text,
              latestRolledoutRevision: text,
              traffic: z
                .array(
                  z.looseObject({
                    latestRevision: z.boolean().default(false),
                    revisionName: text,
                    percent: z.number().default(0),
                  }),
                )
                .default([]),
            })
            .optional(),
        })
        .default({}),
    })
    .prefault({}),
});

export interface KServeState {
  readonly storageUri: string;
  /** Of `spec`; null where it is not set, which is 100. */
  readonly percent: number | null;
  /** The version in `spec`; null where somebody else put it there. */
  readonly latest: Placed | null;
  /** The version that the rest of the traffic goes to; null where we do not know it. */
  readonly before: Placed | null;
  readonly created: string;
  /** Whether KServe made a revision of `spec`, and it is the one that is ready. */
  readonly started: boolean;
  /** What the status says about readiness; null where it is ready. */
  readonly unready: string | null;
  /** Why the model of `spec` cannot be served; null where it can. */
  readonly broken: string | null;
  /** Percent of the traffic that goes to the newest ready revision, and the names of the other revisions with traffic. */
  readonly serving: { readonly latest: number; readonly others: readonly string[] } | null;
}

/** Reads an InferenceService. Throws `InvalidConfigError` for one that cannot have a canary. */
export function readInferenceService(object: unknown, place: string): KServeState {
  const unusable = (why: string) => new PawlError(errorTypes.invalidConfig, `${place} ${why}`, {});
  const parsed = objectSchema.safeParse(object);
  if (!parsed.success) throw unusable(`is not of the form that is known: ${z.prettifyError(parsed.error)}`);
  const { metadata, spec, status } = parsed.data;
  const storageUri = spec.predictor.model?.storageUri;
  if (storageUri === undefined)
    throw unusable(
      'has no spec.predictor.model.storageUri: write the model there (not under a framework of its own, nor storageUris)',
    );
  const mode = status.deploymentMode ?? metadata.annotations['serving.kserve.io/deploymentMode'] ?? 'Serverless';
  if (mode !== 'Serverless' && mode !== 'Knative')
    throw unusable(
      `is deployed as ${mode}: canaryTrafficPercent works only on Knative. Deploy it serverless, or release by the target gatewayApi`,
    );
  const latest = readPlaced(metadata.annotations[annotations.latest]);
  const ours = latest?.artifact === storageUri;
  const predictor = status.components.predictor;
  const created = predictor?.latestCreatedRevision ?? '';
  const seen = created !== '' && !(ours && metadata.annotations[annotations.after] === created);
  const ready = status.conditions.find(({ type }) => type === 'Ready');
  const { transitionStatus = '', lastFailureInfo } = status.modelStatus ?? {};
  const failed = seen && (transitionStatus === 'BlockedByFailedLoad' || transitionStatus === 'InvalidSpec');
  return {
    storageUri,
    percent: spec.predictor.canaryTrafficPercent ?? null,
    latest: ours ? latest : null,
    before: ours ? readPlaced(metadata.annotations[annotations.before]) : null,
    created,
    started: seen && created === predictor?.latestReadyRevision,
    unready: ready?.status === 'True' ? null : `Ready is ${ready?.status ?? 'not set'} ${ready?.message ?? ''}`.trim(),
    broken:
      failed && (lastFailureInfo === undefined || ['', created].includes(lastFailureInfo.modelRevisionName))
        ? `${transitionStatus} ${lastFailureInfo?.reason ?? ''} ${lastFailureInfo?.message ?? ''}`.trim()
        : null,
    serving: predictor === undefined ? null : servingOf(predictor.traffic),
  };
}

function servingOf(
  traffic: readonly { latestRevision: boolean; revisionName: string; percent: number }[],
): KServeState['serving'] {
  if (traffic.length === 0) return null;
  return {
    latest: traffic.filter(({ latestRevision }) => latestRevision).reduce((sum, { percent }) => sum + percent, 0),
    others: traffic
      .filter(({ latestRevision, percent }) => !latestRevision && percent > 0)
      .map(({ revisionName }) => revisionName),
  };
}

function readPlaced(text: string | undefined): Placed | null {
  if (text === undefined) return null;
  try {
    return placedSchema.nullable().parse(JSON.parse(text));
  } catch {
    return null;
  }
}
