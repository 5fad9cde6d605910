import { activityInfo, cancellationSignal } from '@temporalio/activity';
import { blobPath } from '../contracts/digest.ts';
import { PawlError } from '../contracts/errors.ts';
import type { TargetVersion, Traffic } from '../ports/release-target/port.ts';
import { withHeartbeat } from './heartbeat.ts';
import type { Ports } from './ports.ts';

export interface TrafficOrder {
  model: string;
  /** Whether also what no retry can mend is tried again: a rollback waits for whoever mends it. */
  insist: boolean;
}

/** Since when, in milliseconds since the epoch, the platform serves by the record with that number; null where none names a champion. */
export type AppliedTraffic = { seq: number; at: number } | null;

/**
 * Makes the model's release target serve by the deployment record that is in force now, and waits until it does. Safe to repeat:
 * it reads the record itself, before and after, so that a late attempt ends with what was decided last.
 */
export const createApplyTraffic = (ports: Ports) =>
  async function applyTraffic({ model, insist }: TrafficOrder, signal?: AbortSignal): Promise<AppliedTraffic> {
    const target = ports.releaseTarget(model);
    let applied = 0;
    try {
      for (;;) {
        const inForce = await trafficInForce(ports, model);
        if (inForce === null) return null;
        if (inForce.seq === applied) return { seq: applied, at: ports.now() };
        await target.apply(inForce.traffic, signal);
        applied = inForce.seq;
      }
    } catch (error) {
      if (insist && error instanceof PawlError)
        throw new Error(`"${model}" is not served by its record yet: ${error.message}`, { cause: error });
      throw error;
    }
  };

/** The activity as a worker runs it: with heartbeats, and ended by a cancellation. */
export const beatingApplyTraffic = (ports: Ports) => {
  const applyTraffic = createApplyTraffic(ports);
  return (order: TrafficOrder): Promise<AppliedTraffic> =>
    withHeartbeat(
      () => applyTraffic(order, cancellationSignal()),
      () => activityInfo().attempt,
    );
};

async function trafficInForce(ports: Ports, model: string): Promise<{ seq: number; traffic: Traffic } | null> {
  const record = await ports.registry.currentDeployment(model);
  if (record === null || record.champion === null) return null;
  const { seq, champion, canary } = record;
  const versionOf = async (version: number): Promise<TargetVersion> => {
    const { candidate } = await ports.registry.version(model, version);
    return { version, digest: candidate.model, artifact: `${ports.store.url}/${blobPath(candidate.model)}` };
  };
  return {
    seq,
    traffic: {
      model,
      champion: await versionOf(champion),
      canary: canary === null ? null : { version: await versionOf(canary.version), share: canary.share },
    },
  };
}
