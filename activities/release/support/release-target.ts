import { gatewayTarget } from '../../../contracts/names.ts';
import type { Ports } from '../../ports.ts';

/** The name of the platform that serves a model, for what a workflow keeps; empty where our gateways do. */
export function steeredTarget(ports: Ports, model: string): { target?: string } {
  const { name } = ports.releaseTarget(model);
  return name === gatewayTarget ? {} : { target: name };
}
