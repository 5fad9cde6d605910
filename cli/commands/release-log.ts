import type { Command } from 'commander';
import type { Deployment } from '../../contracts/release/deployment.ts';
import type { AnalysisRecord, ReleaseRecord } from '../../contracts/release/release-log.ts';
import type { StoreDifference } from '../../contracts/store-difference.ts';
import { withJson, type JsonOption } from '../arguments.ts';
import { withPorts, type Context } from '../context.ts';
import { CommandFailed } from '../errors.ts';
import { describeFalseRollbacks, falseRollbacksIn } from '../false-rollbacks.ts';
import { whatDiffers } from '../what-differs.ts';
import { print, shortDigest, table, time } from '../output.ts';

interface Options extends JsonOption {
  all?: boolean;
}

export interface ShownRelease {
  readonly release: string;
  /** Null while it is under way. */
  readonly ended: ReleaseRecord | null;
  readonly analyses: readonly AnalysisRecord[];
  /** States of the deployment record while the release held it. */
  readonly traffic: readonly Deployment[];
}

/** `pawl release log <model>` */
export function releaseLogCommand(release: Command): void {
  withJson(release.command('log'))
    .argument('<model>', 'name of a model')
    .option('--all', 'every release of the model, not only the last one')
    .description('what was seen in a release and what was decided, analysis by analysis')
    .action((model: string, options: Options) =>
      withPorts(async (context) => {
        const logged = await releasesOf(context.ports, model);
        if (logged.length === 0) throw new CommandFailed(`no release of "${model}" is known`);
        const shown = options.all === true ? logged : logged.slice(-1);
        const chance = options.all === true ? describeFalseRollbacks(await falseRollbacksIn(context, model)) : [];
        const verified = await Promise.all(shown.map((one) => withDifferences(context.ports, model, one)));
        const differences = verified.flatMap((one) => one.differences);
        print(options, verified, () =>
          [...whatDiffers(model, differences), ...shown.map(describeLoggedRelease), ...chance].join('\n\n'),
        );
      }),
    );
}

/** The release, with what was changed of its analyses and judges. */
const withDifferences = async (
  { verifier }: Context['ports'],
  model: string,
  logged: ShownRelease,
): Promise<ShownRelease & { readonly differences: readonly StoreDifference[] }> => ({
  ...logged,
  differences: await verifier.release(model, logged.release),
});

async function releasesOf({ registry }: Context['ports'], model: string): Promise<ShownRelease[]> {
  const ended = new Map((await registry.releases(model)).map((record) => [record.release, record]));
  const traffic = new Map<string, Deployment[]>();
  for (const state of await registry.deploymentHistory(model))
    if (state.release !== null) traffic.set(state.release, [...(traffic.get(state.release) ?? []), state]);
  const known = [...new Set([...traffic.keys(), ...ended.keys()])];
  return Promise.all(
    known.map(async (release) => ({
      release,
      ended: ended.get(release) ?? null,
      analyses: await registry.analyses(model, release),
      traffic: traffic.get(release) ?? [],
    })),
  );
}

/** For people: every state of the traffic, what people ordered in a release that has ended, and the analyses after which something had changed. */
export function describeLoggedRelease({ release, ended, analyses, traffic }: ShownRelease): string {
  const events = [
    ...traffic.map((state): [number, string[]] => [
      Date.parse(state.at),
      [shareOf(state), 'traffic', state.actor, state.reason, ''],
    ]),
    ...(ended?.commands ?? []).map(({ at, text }): [number, string[]] => [at, ['', 'person', '', text, '']]),
    ...turning(analyses).map((analysis): [number, string[]] => [
      analysis.at,
      [
        analysis.phase === 'canary' ? `canary, step ${analysis.step + 1}` : analysis.phase,
        analysis.decision,
        analysis.status,
        whyOf(analysis),
        shortDigest(analysis.evidence),
      ],
    ]),
  ].toSorted(([a], [b]) => a - b);
  const rows = events.map(([at, cells]) => [time(new Date(at)), ...cells]);
  const end =
    ended === null
      ? 'under way, or ended before ends were recorded'
      : `${ended.result.outcome}: ${ended.result.reason}`;
  const version =
    ended?.result.version ??
    traffic.map(({ canary, shadow }) => (canary ?? shadow)?.version).find((one) => one !== undefined);
  const forced = traffic.flatMap((state) => state.forced).find((one) => one.version === version)?.objection ?? null;
  return [
    `${release}: ${analyses.length} analyses${forced === null ? '' : `, by force, in spite of: ${forced}`}`,
    table(['time (UTC)', 'phase or share', 'what', 'by or verdict', 'why', 'evidence'], rows),
    end,
  ].join('\n');
}

/** What fired, and what is wrong with instances; else the worst that the analysis found. */
function whyOf({ fired, instances, reasons }: AnalysisRecord): string {
  const told = [
    ...(fired.length > 0 ? [`fired: ${fired.join(', ')}`] : []),
    ...(instances === undefined ? [] : [instances]),
  ];
  return told.length > 0 ? told.join('; ') : (reasons[0] ?? '');
}

const shareOf = ({ canary, shadow, champion }: Deployment): string =>
  canary !== null
    ? `${Number((100 * canary.share).toFixed(2))} %`
    : shadow !== null && shadow.version === champion
      ? 'all'
      : 'none';

/** Analyses after which something else was decided or found; those between repeat the one before. */
const turning = (analyses: readonly AnalysisRecord[]): AnalysisRecord[] =>
  analyses.filter((analysis, i) => {
    const before = analyses[i - 1];
    return (
      i === analyses.length - 1 ||
      before === undefined ||
      before.decision !== analysis.decision ||
      before.status !== analysis.status ||
      (before.instances === undefined) !== (analysis.instances === undefined) ||
      before.phase !== analysis.phase ||
      before.step !== analysis.step
    );
  });
