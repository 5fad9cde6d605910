import type { Config } from '../../config/schema.ts';
import type { Registry } from '../registry/port.ts';
import { createGatewayApiTarget } from './gateway-api.ts';
import { createGatewayTarget } from './gateway.ts';
import { createKServeTarget } from './kserve.ts';
import type { ReleaseTarget } from './port.ts';
import { createSageMakerTarget } from './sagemaker.ts';

/** The platform that the config names for a model; our own gateways where it names none. */
export function openReleaseTarget(
  config: Pick<Config, 'releaseTargets'>,
  registry: Pick<Registry, 'currentDeployment'>,
  model: string,
): ReleaseTarget {
  const target = config.releaseTargets[model] ?? { kind: 'gateway' };
  switch (target.kind) {
    case 'gateway':
      return createGatewayTarget(model, registry);
    case 'kserve':
      return createKServeTarget(model, target);
    case 'gatewayApi':
      return createGatewayApiTarget(model, target);
    case 'sagemaker':
      return createSageMakerTarget(model, target);
  }
}
