import type { DescribeEndpointCommandOutput } from '@aws-sdk/client-sagemaker';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { type ReleaseTarget, TargetOutageError } from './port.ts';
import { settle, type SettleOptions } from './settle.ts';
import { checkTraffic, fillTemplate, sharesOfWeights, versionOf } from './traffic.ts';
import { silenceVersionWarning } from '../aws-sdk.ts';

export interface SageMakerOptions extends SettleOptions {
  readonly endpointName: string;
  readonly region: string;
  /** Template of the production variant of a version. */
  readonly variant: string;
  /** Address of the API; null is Amazon's. */
  readonly endpoint: string | null;
}

/** States in which an endpoint is still changing. */
const busy = ['Creating', 'Updating', 'SystemUpdating', 'RollingBack'];
const usable = 'InService';
const requestMs = 15_000;

/**
 * A SageMaker endpoint: weights of its production variants. Each version is a variant, which somebody else adds to the endpoint's
 * configuration; instances are left as they are. An endpoint that is changing takes no weights, so that a change waits for the one before.
 */
export function createSageMakerTarget(model: string, options: SageMakerOptions): ReleaseTarget {
  const { endpointName, variant } = options;
  const place = `SageMaker endpoint ${endpointName}`;
  let opened: ReturnType<typeof openClient> | null = null;

  async function call<T>(work: (aws: Awaited<ReturnType<typeof openClient>>) => Promise<T>): Promise<T> {
    try {
      opened ??= openClient(options);
      return await work(await opened);
    } catch (error) {
      throw sageMakerError(error, place);
    }
  }
  const describe = () =>
    call(({ client, sdk }) => client.send(new sdk.DescribeEndpointCommand({ EndpointName: endpointName })));

  async function inService(signal?: AbortSignal): Promise<Variant[]> {
    let variants: Variant[] = [];
    const look = async () => {
      const found = await describe();
      variants = variantsOf(found);
      if (found.EndpointStatus === usable) return null;
      const why = `it is ${found.EndpointStatus ?? 'in no known state'} ${found.FailureReason ?? ''}`.trim();
      if (busy.includes(found.EndpointStatus ?? '')) return why;
      throw new PawlError(errorTypes.invalidConfig, `${place} takes no traffic: ${why}. Mend the endpoint first`, {
        model,
      });
    };
    await settle(place, options, look, signal);
    return variants;
  }

  return {
    name: 'sagemaker',
    async apply(traffic, signal) {
      checkTraffic(model, traffic);
      const { champion, canary } = traffic;
      const share = canary?.share ?? 0;
      const wanted = new Map([[fillTemplate(variant, model, champion), 1 - share]]);
      if (canary !== null) wanted.set(fillTemplate(variant, model, canary.version), share);

      const variants = await inService(signal);
      checkVariants(wanted, variants);
      const weights = variants.map(({ name }) => ({ name, weight: wanted.get(name) ?? 0 }));
      if (isInForce(weights, variants)) return;
      await call(({ client, sdk }) =>
        client.send(
          new sdk.UpdateEndpointWeightsAndCapacitiesCommand({
            EndpointName: endpointName,
            DesiredWeightsAndCapacities: weights
              .filter(({ name }) => wanted.has(name) || versionOf(variant, model, name) !== null)
              .map(({ name, weight }) => ({ VariantName: name, DesiredWeight: weight })),
          }),
        ),
      );
      const now = await inService(signal);
      if (!isInForce(weights, now))
        throw new TargetOutageError(
          `${place} is in service with other weights than it was given: someone else changed them`,
        );
    },
    async observed() {
      const found = await describe();
      const shares = sharesOfWeights(
        variantsOf(found).map(({ name, weight }) => ({ version: versionOf(variant, model, name), weight })),
      );
      return { shares, settled: found.EndpointStatus === usable };
    },
  };

  function checkVariants(wanted: Map<string, number>, variants: readonly Variant[]): void {
    const missing = [...wanted.keys()].find((name) => !variants.some((variant) => variant.name === name));
    const wrong = (what: string) => new PawlError(errorTypes.invalidConfig, what, { model });
    if (missing !== undefined)
      throw wrong(
        `${place} has no production variant "${missing}" for a version of "${model}": add it to the endpoint's configuration with weight 0, or correct \`variant\` of releaseTargets.${model}`,
      );
    const other = variants.find(({ name, weight }) => weight > 0 && versionOf(variant, model, name) === null);
    if (other !== undefined)
      throw wrong(
        `variant "${other.name}" takes part of the traffic of ${place} and is not a version of "${model}": give it weight 0`,
      );
  }
}

interface Variant {
  readonly name: string;
  readonly weight: number;
}

function variantsOf({ ProductionVariants = [] }: DescribeEndpointCommandOutput): Variant[] {
  return ProductionVariants.map(({ VariantName = '', CurrentWeight = 0 }) => ({
    name: VariantName,
    weight: CurrentWeight,
  }));
}

/** Whether the variants have these shares; SageMaker keeps weights as 32-bit floats. */
function isInForce(wanted: readonly Variant[], variants: readonly Variant[]): boolean {
  const total = variants.reduce((sum, { weight }) => sum + weight, 0);
  return wanted.every(({ name, weight }) => {
    const found = variants.find((variant) => variant.name === name);
    return found !== undefined && Math.abs(found.weight / total - weight) < 1e-6 && (weight > 0 || found.weight === 0);
  });
}

/** The SDK is loaded at the first call. Credentials come from its own chain. */
async function openClient({ region, endpoint }: SageMakerOptions) {
  silenceVersionWarning();
  const sdk = await import('@aws-sdk/client-sagemaker');
  const client = new sdk.SageMakerClient({
    region,
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 3_000, requestTimeout: requestMs },
    ...(endpoint === null ? {} : { endpoint }),
  });
  return { client, sdk };
}

const refused = [
  'AccessDeniedException',
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'ExpiredTokenException',
  'CredentialsProviderError',
];

function sageMakerError(error: unknown, place: string): Error {
  if (error instanceof PawlError || error instanceof TargetOutageError) return error;
  const { name, message } = error instanceof Error ? error : { name: '', message: String(error) };
  const options = { cause: error };
  if (refused.includes(name))
    return new PawlError(
      errorTypes.accessDenied,
      `${place} refuses access (${name}: ${message}): look at the AWS credentials of this process, and allow sagemaker:DescribeEndpoint and sagemaker:UpdateEndpointWeightsAndCapacities`,
      {},
      options,
    );
  if (name === 'ValidationException' && /in-progress|updating/i.test(message))
    return new TargetOutageError(`${place} is changed by someone else: ${message}`, options);
  if (name === 'ValidationException' || name === 'ResourceNotFound' || name === 'ResourceLimitExceeded')
    return new PawlError(
      errorTypes.invalidConfig,
      `${place} does not take the change (${name}: ${message}): correct the endpoint, or \`releaseTargets\` in temporal.yaml`,
      {},
      options,
    );
  return new TargetOutageError(`${place} cannot be reached or failed (${name}: ${message})`, options);
}
