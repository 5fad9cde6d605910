import type { MergePatch } from './kubernetes.ts';
import { annotations, type KServeState, type Placed } from './kserve-object.ts';

/** One write to an InferenceService on the way to the wanted traffic. */
export interface Step {
  /** Null where `spec` is as wanted already. */
  readonly patch: MergePatch | null;
  /** Percent of the traffic that the newest revision must have before the next step. */
  readonly latest: number;
  /** Whether the newest revision must be ready too; a rollback waits for no pod. */
  readonly ready: boolean;
  /** Whether this step brings the wanted traffic. */
  readonly last: boolean;
}

export interface Wanted {
  readonly champion: Placed;
  readonly canary: { readonly version: Placed; readonly percent: number } | null;
}

/**
 * The next write. KServe splits between the newest ready revision (`canaryTrafficPercent`) and the one that was last rolled
 * out in full, so a canary must be `spec` and its champion must have been rolled out before; a version never gets traffic
 * that is neither.
 */
export function nextStep(state: KServeState, wanted: Wanted): Step {
  return wanted.canary === null
    ? towardsChampion(state, wanted.champion)
    : towardsCanary(state, wanted.champion, wanted.canary);
}

function towardsChampion(state: KServeState, champion: Placed, last = true): Step {
  if (state.storageUri === champion.artifact) {
    // As long as its revision is not ready, "the newest ready one" is another: that must not get everything.
    if (state.percent !== null && state.percent !== 100 && !state.started)
      return { patch: null, latest: state.percent, ready: true, last: false };
    return { ...share(state, null), ready: true, last };
  }
  if (state.before?.artifact === champion.artifact) return { ...share(state, 0), ready: false, last };
  return { ...place(state, champion, state.percent), ready: true, last: last && isWhole(state) };
}

function towardsCanary(state: KServeState, champion: Placed, canary: { version: Placed; percent: number }): Step {
  const { version, percent } = canary;
  if (state.storageUri === version.artifact && state.before?.artifact === champion.artifact) {
    // Until its revision is ready, a larger share would go to the canary before it.
    const given = state.percent ?? 100;
    if (!state.started && given < percent) return { patch: null, latest: given, ready: true, last: false };
    return { ...share(state, percent), ready: true, last: true };
  }
  const champions = state.storageUri === champion.artifact;
  const rolledOut = champions && isWhole(state) && state.started && state.serving?.latest === 100;
  if (rolledOut) return { ...place(state, version, percent, champion), ready: true, last: true };
  const rolledBack = !champions && state.before?.artifact === champion.artifact && state.percent === 0;
  if (rolledBack && state.serving?.latest === 0 && !state.serving.others.includes(state.created))
    return { ...place(state, version, 0, champion), ready: true, last: false };
  return towardsChampion(state, champion, false);
}

const isWhole = ({ percent }: KServeState): boolean => percent === null || percent === 100;

function share(state: KServeState, percent: number | null): Pick<Step, 'patch' | 'latest'> {
  const wanted = percent ?? 100;
  const patch = (state.percent ?? 100) === wanted ? null : { spec: { predictor: { canaryTrafficPercent: percent } } };
  return { patch, latest: wanted };
}

function place(state: KServeState, version: Placed, percent: number | null, before = rolledOutOf(state)) {
  const patch: MergePatch = {
    metadata: {
      annotations: {
        [annotations.latest]: JSON.stringify(version),
        [annotations.before]: JSON.stringify(before),
        [annotations.after]: state.created,
      },
    },
    spec: { predictor: { canaryTrafficPercent: percent, model: { storageUri: version.artifact } } },
  };
  return { patch, latest: percent ?? 100 };
}

const rolledOutOf = (state: KServeState): Placed | null => (isWhole(state) ? state.latest : state.before);

/** What is still missing until a step is done; null where nothing is. */
export function missingOf(state: KServeState, step: Step): string | null {
  const { serving } = state;
  if (serving === null) return 'its status names no traffic yet';
  if (serving.latest !== step.latest)
    return `the newest revision has ${serving.latest} % of the traffic, not ${step.latest} %`;
  if (step.latest < 100 && serving.others.includes(state.created))
    return `the rest of the traffic still goes to ${state.created}`;
  if (!step.ready) return null;
  if (!state.started) return `no revision of ${state.storageUri} is ready`;
  return state.unready;
}
