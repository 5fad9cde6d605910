import type { Deployment } from '../../contracts/release/deployment.ts';
import type { ReleasePlan, TrafficChange, TrafficState } from '../../contracts/release/release.ts';
import type { DeploymentChange } from '../../ports/registry/port.ts';
import type { Ports } from '../ports.ts';

/**
 * Moves traffic by one compare-and-swap, as long as the release still is ours. Safe to repeat: a state that is in force
 * already is left alone. A frozen record lets traffic go back, never forward.
 */
export const createShiftTraffic = (ports: Ports) =>
  async function shiftTraffic(input: {
    plan: ReleasePlan;
    to: TrafficState;
    actor: string;
    reason: string;
  }): Promise<TrafficChange> {
    const { plan, to, actor, reason } = input;
    let lost = false;
    const record = await ports.registry.changeDeployment(plan.model, (current) => {
      lost = current === null || (current.release !== plan.holder && !isDone(current, plan, to));
      if (current === null || current.release !== plan.holder) return null;
      if (current.frozen && to.kind !== 'restored' && to.kind !== 'settled')
        throw new Error(`"${plan.model}" is frozen: traffic moves forward once it is unfrozen`);
      return { ...next(current, plan, to), frozen: current.frozen, salt: current.salt, actor, reason };
    });
    if (record === null || lost)
      return {
        status: 'lost',
        by: record?.actor ?? 'unknown',
        reason: record?.reason ?? 'the deployment record is gone',
      };
    return { status: 'done', seq: record.seq, at: Date.parse(record.at) };
  };

/** Whether an earlier attempt of this very change has already let go of the release. */
function isDone(current: Deployment, plan: ReleasePlan, to: TrafficState): boolean {
  if (current.release !== null) return false;
  if (to.kind === 'settled') return current.champion === plan.version;
  return to.kind === 'restored' && current.champion === plan.champion;
}

function next(
  current: Deployment,
  plan: ReleasePlan,
  to: TrafficState,
): Pick<DeploymentChange, 'champion' | 'previous' | 'canary' | 'shadow' | 'release' | 'guard'> {
  const mirror = plan.champion === null ? null : { version: plan.version, sample: plan.shadow.sample };
  // A version that was taken back never becomes `previous`: a rollback would send all traffic to it.
  const before = {
    champion: plan.champion,
    previous: current.champion === plan.version ? null : current.previous,
  };
  const promoted = {
    champion: plan.version,
    previous: current.champion === plan.version ? current.previous : current.champion,
  };
  switch (to.kind) {
    case 'shadow':
      return {
        champion: current.champion,
        previous: current.previous,
        canary: null,
        shadow: mirror,
        release: plan.holder,
      };
    case 'canary':
      return {
        champion: current.champion,
        previous: current.previous,
        canary: { version: plan.version, share: to.share },
        shadow: mirror,
        release: plan.holder,
        guard: plan.guard,
      };
    case 'promoted':
      return { ...promoted, canary: null, shadow: mirror, release: plan.holder };
    case 'settled':
      return { ...promoted, canary: null, shadow: null, release: null };
    case 'restored':
      return { ...before, canary: null, shadow: null, release: null };
  }
}
