import { z } from 'zod';
import { timerDurationSchema } from '../contracts/duration.ts';

const settling = {
  /** How often the platform is asked whether it has carried out a change. */
  poll: timerDurationSchema.default(1_000),
  /** Longest time until a change must be carried out; then it is tried again. Starting pods takes most of it. */
  settle: timerDurationSchema.default(600_000),
};

const cluster = {
  namespace: z.string().default('default'),
  /** Path of a kubeconfig; null takes `KUBECONFIG`, `~/.kube/config`, or the pod's own service account. */
  kubeconfig: z.string().nullable().default(null),
  /** Context of the kubeconfig; null is its current one. */
  context: z.string().nullable().default(null),
};

const perVersion = (example: string) =>
  z.string().refine((text) => text.includes('{version}'), `write {version} into it, as in ${example}`);

/** `releaseTargets.<model>` of `temporal.yaml`: the platform that serves a model. Templates take `{model}`, `{version}`, `{digest}`. */
export const releaseTargetSchema = z.discriminatedUnion('kind', [
  /** Our own gateways, which follow the deployment record. */
  z.strictObject({ kind: z.literal('gateway') }),
  /** A KServe InferenceService on Knative: whole percents. */
  z.strictObject({
    kind: z.literal('kserve'),
    ...cluster,
    ...settling,
    /** Name of the InferenceService. */
    service: z.string(),
    /** Template of the URL that KServe fetches a version from, such as `s3://models/{model}/{version}`; null takes the version's own. */
    artifact: z.string().nullable().default(null),
  }),
  /** A Kubernetes HTTPRoute: weights of the Services of the versions. */
  z.strictObject({
    kind: z.literal('gatewayApi'),
    ...cluster,
    ...settling,
    /** Name of the HTTPRoute. */
    route: z.string(),
    /** Template of the Service of a version. */
    service: perVersion('{model}-v{version}').default('{model}-v{version}'),
  }),
  /** A SageMaker endpoint: weights of its production variants. */
  z.strictObject({
    kind: z.literal('sagemaker'),
    ...settling,
    endpointName: z.string(),
    region: z.string(),
    /** Template of the production variant of a version. */
    variant: perVersion('v{version}').default('v{version}'),
    /** Address of the API; null is Amazon's. */
    endpoint: z.string().nullable().default(null),
  }),
]);
