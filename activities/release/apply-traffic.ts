import { setTimeout as sleep } from 'node:timers/promises';
import { activityInfo, cancellationSignal } from '@temporalio/activity';
import { blobPath } from '../../contracts/digest.ts';
import { PawlError } from '../../contracts/errors.ts';
import type { ReleaseTarget, TargetVersion, Traffic } from '../../ports/release-target/port.ts';
import { untilAborted, withHeartbeat } from '../support/heartbeat.ts';
import type { Ports } from '../ports.ts';

/** Milliseconds between two looks at the record while a platform is waited for. */
const watchMs = 500;

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
        const inForce = await untilAborted(trafficInForce(ports, model), signal);
        if (inForce === null) return null;
        if (inForce.seq === applied) return { seq: applied, at: ports.now() };
        if (await applyWhileInForce(ports, target, inForce, signal)) applied = inForce.seq;
      }
    } catch (error) {
      if (insist && error instanceof PawlError)
        throw new Error(`"${model}" is not served by its record yet: ${error.message}`, { cause: error });
      throw error;
    }
  };

/**
 * Whether the platform was made to serve by it. False where another record came into force meanwhile and the platform let go of
 * this one: a rollback does not wait for pods that the step before it asked for.
 */
async function applyWhileInForce(
  { registry }: Ports,
  target: ReleaseTarget,
  { seq, traffic }: InForce,
  signal?: AbortSignal,
): Promise<boolean> {
  const over = new AbortController();
  const replaced = new AbortController();
  const watch = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await sleep(watchMs, undefined, { signal: over.signal });
      // A store that is away says nothing about the record.
      const record = await registry.currentDeployment(traffic.model).catch(() => null);
      if (record !== null && record.seq !== seq) replaced.abort();
    }
  };
  const watching = watch().catch(() => undefined);
  try {
    await target.apply(traffic, AbortSignal.any([replaced.signal, ...(signal === undefined ? [] : [signal])]));
    return true;
  } catch (error) {
    if (replaced.signal.aborted && signal?.aborted !== true) return false;
    throw error;
  } finally {
    over.abort();
    await watching;
  }
}

/** The activity as a worker runs it: with heartbeats, and ended by a cancellation. */
export const beatingApplyTraffic = (ports: Ports) => {
  const applyTraffic = createApplyTraffic(ports);
  return (order: TrafficOrder): Promise<AppliedTraffic> =>
    withHeartbeat(
      () => applyTraffic(order, cancellationSignal()),
      () => activityInfo().attempt,
    );
};

interface InForce {
  readonly seq: number;
  readonly traffic: Traffic;
}

async function trafficInForce(ports: Ports, model: string): Promise<InForce | null> {
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
