import { gatewayTarget } from '../../contracts/names.ts';
import type { Registry } from '../registry/port.ts';
import type { ReleaseTarget } from './port.ts';
import { checkTraffic } from './traffic.ts';

/** Our own gateways: they follow the deployment record, so there is nothing to carry out. */
export function createGatewayTarget(model: string, registry: Pick<Registry, 'currentDeployment'>): ReleaseTarget {
  return {
    name: gatewayTarget,
    async apply(traffic) {
      checkTraffic(model, traffic);
    },
    async observed() {
      const record = await registry.currentDeployment(model);
      const canary = record?.canary ?? null;
      const share = canary?.share ?? 0;
      const shares = [
        { version: record?.champion ?? null, share: 1 - share },
        { version: canary?.version ?? null, share },
      ];
      return {
        shares: shares.filter((arm) => arm.share > 0).toSorted((a, b) => b.share - a.share),
        settled: record !== null,
      };
    },
  };
}
