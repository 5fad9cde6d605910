import { hourMs } from '../../contracts/duration.ts';
import type { ReplayedRelease } from '../../policy/release/backtest/replay-release.ts';
import { table, time } from '../output.ts';
import { durationWords } from '../../policy/duration-words.ts';
import type { LoggedReplay, LoggedResult } from './replay-logged.ts';
import { describeFalseRollbacks } from '../false-rollbacks.ts';

/** Past releases for people: what happened, and what the policy would have made of them. */
export function describeLogged({ model, releases, falseRollbacks, analyses }: LoggedResult): string {
  const shown = table(
    [
      'VERSION',
      'AGAINST',
      'STARTED (UTC)',
      'THEN',
      'AFTER',
      'THIS POLICY',
      'AFTER',
      'PHASE',
      'BY',
      'ERRORS UNTIL',
      'OF',
    ],
    releases.map(rowOf),
    `"${model}" was never released`,
  );
  const reasons = releases.flatMap(({ version, replay, why }) => {
    const reason = why ?? (replay?.outcome === 'passed' ? undefined : replay?.reasons[0]);
    return reason === undefined ? [] : [`${model}@${version}: ${reason}`];
  });
  return [shown, [...reasons, ...describeFalseRollbacks(falseRollbacks), analysesText(analyses)].join('\n')].join(
    '\n\n',
  );
}

const words: Readonly<Record<ReplayedRelease['outcome'], string>> = {
  passed: 'goes on',
  held: 'still holds',
  paused: 'asks a person',
  rolledBack: 'rolls back',
};

function rowOf({
  version,
  champion,
  startedAt,
  endedAt,
  outcome,
  replay,
  errorsUntil,
  errors,
}: LoggedReplay): string[] {
  const after = (at: number): string => durationWords((at - startedAt) / hourMs);
  return [
    String(version),
    champion === null ? 'nothing' : String(champion),
    time(new Date(startedAt)),
    outcome,
    endedAt === null ? '' : after(endedAt),
    ...(replay === null
      ? ['not judged', '', '', '', '']
      : [
          words[replay.outcome],
          after(replay.at),
          replay.phase.kind === 'canary' ? `canary step ${replay.phase.step + 1}` : replay.phase.kind,
          replay.by.join(', '),
          String(errorsUntil),
        ]),
    replay === null ? '' : String(errors),
  ];
}

function analysesText({ found, same, different, unplaced }: LoggedResult['analyses']): string {
  if (found === 0) return 'no logged analysis was found that could be judged again';
  return [
    `logged analyses judged again: ${same} of ${found} came out the same to the last bit`,
    ...different.map((digest) => `came out otherwise: ${digest}`),
    ...unplaced.map((digest) => `not judged again, of a hotfix or a phase that the history does not show: ${digest}`),
  ].join('\n');
}
