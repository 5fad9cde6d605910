import cluster from 'node:cluster';
import { unavailable } from '../call/http-error.ts';
import type { GatewayMetrics } from '../metrics/gateway-metrics.ts';
import type { ProcessSnapshot } from '../metrics/merge.ts';
import type { PeerMetrics } from '../metrics/peers.ts';
import type { FromPrimary, FromWorker, GatewayReady } from './messages.ts';

/** Longer than the primary waits for a process that does not answer. */
const patienceMs = 5_000;

const say = (message: FromWorker): void => {
  // A primary that is gone ends us by the end of its channel.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
};

export const tellReady = (ready: GatewayReady): void => say({ type: 'ready', ready });

/** Answers the primary's question for our metrics, and asks it for those of all. */
export function metricsByPrimary(own: GatewayMetrics): PeerMetrics {
  const waiting = new Map<number, (snapshots: readonly ProcessSnapshot[]) => void>();
  let asked = 0;
  process.on('message', (message: FromPrimary) => {
    if (message.type === 'count') say({ type: 'counted', id: message.id, snapshot: own.snapshot() });
    else if (message.type === 'collected') waiting.get(message.id)?.(message.snapshots);
  });
  return {
    async snapshots() {
      const id = asked++;
      let timer: NodeJS.Timeout | undefined;
      try {
        return await new Promise((resolve, reject) => {
          waiting.set(id, resolve);
          timer = setTimeout(
            () => reject(unavailable('the primary process of the gateway does not answer')),
            patienceMs,
          );
          say({ type: 'collect', id });
        });
      } finally {
        clearTimeout(timer);
        waiting.delete(id);
      }
    },
  };
}

/** Calls back when the primary is gone. Node would end the process at once, with requests in flight. */
export function onPrimaryGone(end: () => void): void {
  const { worker } = cluster;
  // Node answers the primary by itself, and a primary that was killed meanwhile is an error here before the channel ends.
  worker?.on('error', () => undefined);
  worker?.on('disconnect', () => {
    worker.exitedAfterDisconnect = true;
    end();
  });
}
