import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { patchOf, readRoute, sharesIn, unconfirmed, weightsOf } from './http-route.ts';
import { openKubernetes, type KubernetesOptions } from './kubernetes.ts';
import type { ReleaseTarget, Traffic } from './port.ts';
import { settle, type SettleOptions } from './settle.ts';
import { checkTraffic, fillTemplate, versionOf } from './traffic.ts';

export interface GatewayApiOptions extends KubernetesOptions, SettleOptions {
  readonly namespace: string;
  /** Name of the HTTPRoute. */
  readonly route: string;
  /** Template of the Service of a version. */
  readonly service: string;
}

/**
 * A Kubernetes HTTPRoute: weights of `backendRefs`. Each version has a Service of its own, which somebody else deploys; it must
 * be there before it gets traffic. Weights are exact to a millionth.
 */
export function createGatewayApiTarget(model: string, options: GatewayApiOptions): ReleaseTarget {
  const kubernetes = openKubernetes(options);
  const { namespace, route: name, service } = options;
  const resource = { group: 'gateway.networking.k8s.io', version: 'v1', plural: 'httproutes', namespace, name };
  const place = `HTTPRoute ${namespace}/${name}`;
  const versionIn = (backend: string): number | null => versionOf(service, model, backend);

  return {
    name: 'gatewayApi',
    async apply(traffic, signal) {
      checkTraffic(model, traffic);
      const wanted = wantedOf(traffic, service);
      for (const { name, weight } of wanted)
        if (weight > 0 && !(await kubernetes.serviceExists(namespace, name)))
          throw new PawlError(
            errorTypes.invalidConfig,
            `there is no Service ${namespace}/${name} for a version of "${model}": deploy it, or correct \`service\` of releaseTargets.${model}`,
            { model, service: name },
          );
      await kubernetes.change(resource, (current) => patchOf(readRoute(current, place), wanted, versionIn, place));
      const look = async () => unconfirmed(readRoute(await kubernetes.read(resource), place), place);
      await settle(place, options, look, signal);
    },
    async observed() {
      const route = readRoute(await kubernetes.read(resource), place);
      return { shares: sharesIn(route, versionIn), settled: unconfirmed(route, place) === null };
    },
  };
}

function wantedOf({ model, champion, canary }: Traffic, service: string): { name: string; weight: number }[] {
  const { champion: rest, canary: part } = weightsOf(canary?.share ?? 0);
  const arms = [{ name: fillTemplate(service, model, champion), weight: rest }];
  if (canary !== null) arms.push({ name: fillTemplate(service, model, canary.version), weight: part });
  return arms;
}
