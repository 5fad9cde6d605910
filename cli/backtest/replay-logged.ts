import { asWritten } from '../../activities/support/unchanged-document.ts';
import { loadDocument } from '../../activities/support/documents.ts';
import { partsToRead } from '../../activities/release/support/parts-to-count.ts';
import { analysisEvidenceSchema } from '../../contracts/evidence/release.ts';
import type { ModelDefinition } from '../../contracts/model/model-definition.ts';
import type { ReleasePolicy } from '../../contracts/release/release-policy.ts';
import type { ModelVersion } from '../../contracts/model/version.ts';
import { isReproduced } from '../../policy/release/backtest/judge-again.ts';
import { loggedReleases, type LoggedRelease } from '../../policy/release/backtest/logged-release.ts';
import { replayRelease, type ReplayedRelease } from '../../policy/release/backtest/replay-release.ts';
import { maturityOf } from '../../policy/release/label-cohorts.ts';
import { guardBudget } from '../../policy/release/guards-in-force.ts';
import { answersToRead } from '../../policy/release/what-to-count/answers.ts';
import { startsOfBake } from '../../policy/release/bake-starts.ts';
import type { Context } from '../context.ts';
import { definitionOf } from '../definition-of.ts';
import { falseRollbacksOf, type FalseRollbacks } from '../false-rollbacks.ts';
import { logUntil } from './log-until.ts';

export interface LoggedResult {
  readonly model: string;
  readonly releases: readonly LoggedReplay[];
  /** Of the releases that were compared with a champion, under the policy. */
  readonly falseRollbacks: FalseRollbacks;
  /** Analyses that were logged and found, judged again under the policy that was in force. */
  readonly analyses: {
    readonly found: number;
    readonly same: number;
    /** Digests of those that came out otherwise, and of those of releases or phases that cannot be judged. */
    readonly different: readonly string[];
    readonly unplaced: readonly string[];
  };
}

export interface LoggedReplay extends Omit<LoggedRelease, 'phases'> {
  /** What the policy would have made of it; null where it cannot be judged, and `why` says so. */
  readonly replay: ReplayedRelease | null;
  readonly why: string | null;
  /** Requests that the candidate answered with an error: until the replay's `at`, and until the release ended. */
  readonly errorsUntil: number;
  readonly errors: number;
}

interface Known {
  readonly version: ModelVersion;
  readonly definition: ModelDefinition;
}

/** Replays the model's releases in the store against a policy, by the times of the logged rows. */
export async function replayLogged(context: Context, model: string, policy: ReleasePolicy): Promise<LoggedResult> {
  const { ports } = context;
  const history = await ports.registry.deploymentHistory(model);
  const known = new Map<number, Known>();
  for (const version of await ports.registry.versions(model))
    known.set(version.version, {
      version,
      definition: await definitionOf(context, { model, version: version.version }),
    });
  const holdbackOf = (version: number): number => known.get(version)?.definition.release.holdback ?? 0;
  const found = loggedReleases(history, holdbackOf, ports.now());
  const judged = found.filter(({ champion }) => champion !== null);
  const budgets = judged.map((release) => guardBudget(policy, tryOf(release, found, known)));
  const releases: LoggedReplay[] = [];
  for (const release of found) releases.push(await replayOne(context, model, release, found, known, policy));
  return {
    model,
    releases,
    falseRollbacks: falseRollbacksOf(budgets),
    analyses: await judgeAnalysesAgain(context, model, found, known),
  };
}

async function replayOne(
  { ports }: Context,
  model: string,
  release: LoggedRelease,
  all: readonly LoggedRelease[],
  known: ReadonlyMap<number, Known>,
  policy: ReleasePolicy,
): Promise<LoggedReplay> {
  const { phases, ...said } = release;
  const of = known.get(release.version);
  const why = whyNot(release, of);
  const end = phases.at(-1)?.to;
  if (why !== null || of === undefined || end === undefined)
    return { ...said, replay: null, why, errorsUntil: 0, errors: 0 };
  const { version, definition } = of;
  const window = {
    model,
    release: release.holder,
    champion: release.champion,
    canary: release.version,
    since: release.startedAt,
    skip: warmUpOf(release, policy),
    slowMs: policy.guards.slowMs,
    ...answersToRead(policy),
    ...(await partsToRead(ports.store, { ...definition, release: policy }, async () => version)),
  };
  const log = await logUntil(ports.logQueries, window, maturityOf(policy) > 0);
  if (log.rows === 0)
    return { ...said, replay: null, why: 'the prediction log has nothing of it', errorsUntil: 0, errors: 0 };
  const replay = replayRelease(release, policy, tryOf(release, all, known), ({ at, phase }) =>
    log.observe(at, {
      stepSince: phase.from,
      bakeStarts: phase.kind === 'bake' ? startsOfBake(policy, phase.from, at) : [],
      matureBefore: at - maturityOf(policy),
    }),
  );
  const errors = log.errorsUntil(end);
  const errorsUntil = replay === null ? errors : log.errorsUntil(replay.at);
  return { ...said, replay, why: null, errorsUntil, errors };
}

function whyNot({ champion, phases }: LoggedRelease, of: Known | undefined): string | null {
  if (of === undefined) return 'the registry does not know the version';
  if (champion === null) return 'it was the first version: there is nothing to compare with';
  return phases[0]?.kind === 'shadow' ? null : 'it had no shadow: a hotfix, or promoted by hand at once';
}

function warmUpOf({ phases }: LoggedRelease, { warmUp }: ReleasePolicy): { from: number; to: number }[] {
  const first = phases.find(({ kind }) => kind === 'canary');
  return first === undefined || warmUp === 0 ? [] : [{ from: first.from, to: first.from + warmUp }];
}

/** Which try of the same bytes it was, under any version number. */
function tryOf(release: LoggedRelease, all: readonly LoggedRelease[], known: ReadonlyMap<number, Known>): number {
  const bytesOf = (version: number): string | undefined => known.get(version)?.version.candidate.model;
  return all.slice(0, all.indexOf(release) + 1).filter(({ version }) => bytesOf(version) === bytesOf(release.version))
    .length;
}

/** The analyses that the releases' logs and the runs' results name. */
async function judgeAnalysesAgain(
  { ports: { registry, store } }: Context,
  model: string,
  releases: readonly LoggedRelease[],
  known: ReadonlyMap<number, Known>,
): Promise<LoggedResult['analyses']> {
  const named = new Set((await registry.runs(model)).flatMap(({ release }) => release?.evidence ?? []));
  for (const { holder } of releases)
    for (const analysis of await registry.analyses(model, holder)) {
      await asWritten(registry, model, `an analysis of the release ${holder}`, analysis);
      named.add(analysis.evidence);
    }
  let [found, same] = [0, 0];
  const different: string[] = [];
  const unplaced: string[] = [];
  for (const digest of named) {
    if (!(await store.hasBlob(digest))) continue;
    found += 1;
    const analysis = await loadDocument(store, analysisEvidenceSchema, digest);
    const release = releases.find(({ holder }) => holder === analysis.holder);
    const of = known.get(analysis.version);
    const isSame =
      release === undefined || of === undefined || whyNot(release, of) !== null
        ? null
        : isReproduced(analysis, release, of.definition.release, tryOf(release, releases, known));
    if (isSame === null) unplaced.push(digest);
    else if (isSame) same += 1;
    else different.push(digest);
  }
  return { found, same, different, unplaced };
}
