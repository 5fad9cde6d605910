import { z } from 'zod';
import { timerDurationSchema } from '../contracts/duration.ts';
import { nonBlank } from '../contracts/text.ts';

const settling = {
  poll: timerDurationSchema
    .default(1_000)
    .describe('How often the platform is asked whether it has carried out a change.'),
  settle: timerDurationSchema
    .default(600_000)
    .describe(
      'Longest time until a change must be carried out; then it is tried again. Starting pods takes most of it.',
    ),
};

const cluster = {
  namespace: nonBlank.default('default').describe('Namespace in the cluster.'),
  kubeconfig: nonBlank
    .nullable()
    .default(null)
    .describe("Path of a kubeconfig; null takes `KUBECONFIG`, `~/.kube/config`, or the pod's own service account."),
  context: nonBlank.nullable().default(null).describe('Context of the kubeconfig; null is its current one.'),
};

const perVersion = (example: string) =>
  z.string().refine((text) => text.includes('{version}'), `write {version} into it, as in ${example}`);

/** `releaseTargets.<model>` of `temporal.yaml`: the platform that serves a model. Templates take `{model}`, `{version}`, `{digest}`. */
export const releaseTargetSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('gateway').describe('Our own gateways, which follow the deployment record.') }),
  z.strictObject({
    kind: z.literal('kserve').describe('A KServe InferenceService on Knative: whole percents.'),
    ...cluster,
    ...settling,
    service: nonBlank.describe('Name of the InferenceService.'),
    artifact: nonBlank
      .nullable()
      .default(null)
      .describe(
        "Template of the URL that KServe fetches a version from, such as `s3://models/{model}/{version}`; null takes the version's own.",
      ),
  }),
  z.strictObject({
    kind: z.literal('gatewayApi').describe('A Kubernetes HTTPRoute: weights of the Services of the versions.'),
    ...cluster,
    ...settling,
    route: nonBlank.describe('Name of the HTTPRoute.'),
    service: perVersion('{model}-v{version}')
      .default('{model}-v{version}')
      .describe('Template of the Service of a version.'),
  }),
  z.strictObject({
    kind: z.literal('sagemaker').describe('A SageMaker endpoint: weights of its production variants.'),
    ...settling,
    endpointName: nonBlank.describe('Name of the endpoint.'),
    region: nonBlank.describe('AWS region of the endpoint.'),
    variant: perVersion('v{version}')
      .default('v{version}')
      .describe('Template of the production variant of a version.'),
    endpoint: nonBlank.nullable().default(null).describe("Address of the API; null is Amazon's."),
  }),
]);
