import type { Deployment } from '../../../contracts/release/deployment.ts';
import type { BacktestPhase } from './phases.ts';

export interface LoggedPhase extends BacktestPhase {
  /** Milliseconds since the epoch: in force from, inclusive, and to, exclusive. */
  readonly from: number;
  readonly to: number;
}

/** A release as the history of the deployment record tells it. */
export interface LoggedRelease {
  /** Value of the record's `release`. */
  readonly holder: string;
  readonly version: number;
  /** Null for the first version of a model. */
  readonly champion: number | null;
  readonly startedAt: number;
  /** Null while it is under way. */
  readonly endedAt: number | null;
  readonly outcome: 'promoted' | 'champion kept' | 'under way';
  readonly actor: string;
  readonly reason: string;
  readonly phases: readonly LoggedPhase[];
}

/**
 * The releases in a history, oldest first, as far as they came to mirror or serve a version; what is under way lasts to `now`.
 * A canary's state is its bake where the reason says so, or where it has all but `holdbackOf(version)` though a person ordered it.
 */
export function loggedReleases(
  history: readonly Deployment[],
  holdbackOf: (version: number) => number,
  now: number,
): LoggedRelease[] {
  const holders = [...new Set(history.flatMap(({ release }) => release ?? []))];
  return holders.flatMap((holder) => {
    const first = history.findIndex(({ release }) => release === holder);
    const last = history.findLastIndex(({ release }) => release === holder);
    const states = history.slice(first, last + 1);
    const [opened] = states;
    const version = states
      .map(({ canary, shadow }) => canary?.version ?? shadow?.version)
      .find((one) => one !== undefined);
    if (opened === undefined || version === undefined) return [];
    const after = history[last + 1];
    const endedAt = after === undefined ? null : Date.parse(after.at);
    const { actor, reason } = after ?? opened;
    return [
      {
        holder,
        version,
        champion: opened.champion,
        startedAt: Date.parse(opened.at),
        endedAt,
        outcome: after === undefined ? 'under way' : after.champion === version ? 'promoted' : 'champion kept',
        actor,
        reason,
        phases: phasesIn(states, version, holdbackOf(version), endedAt ?? now),
      },
    ];
  });
}

function phasesIn(states: readonly Deployment[], version: number, holdback: number, end: number): LoggedPhase[] {
  const phases: LoggedPhase[] = [];
  for (const [i, state] of states.entries()) {
    const found = phaseOf(state, version, holdback);
    if (found === null) continue;
    const next = states[i + 1];
    const [from, to] = [Date.parse(state.at), next === undefined ? end : Date.parse(next.at)];
    const before = phases.at(-1);
    // A freeze writes the record again, and changes no traffic.
    if (before?.kind === found.kind && before.share === found.share) phases[phases.length - 1] = { ...before, to };
    else phases.push({ ...found, step: stepAfter(phases, found.kind), from, to });
  }
  return phases;
}

const stepAfter = (phases: readonly LoggedPhase[], kind: LoggedPhase['kind']): number =>
  kind === 'canary' ? phases.filter((one) => one.kind === 'canary').length : 0;

function phaseOf(
  { canary, shadow, champion, reason }: Deployment,
  version: number,
  holdback: number,
): Pick<LoggedPhase, 'kind' | 'share'> | null {
  if (champion === version) return { kind: 'bake', share: 1 };
  if (canary === null) return shadow === null ? null : { kind: 'shadow', share: 0 };
  const isBake = reason.startsWith('bake of ') || (!reason.startsWith('canary of ') && canary.share === 1 - holdback);
  return { kind: isBake ? 'bake' : 'canary', share: canary.share };
}
