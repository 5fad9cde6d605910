import type { ReleaseObservation } from '../../../contracts/evidence/release.ts';
import type { Check } from '../../../contracts/verdict.ts';
import { fisherExactGreater, type Trials } from '../../../ml/statistics/fisher-exact.ts';
import { percent, reported, short } from '../../check.ts';

type Instance = ReleaseObservation['instances'][number];
type Arm = 'canary' | 'champion';

/** Chance that an analysis warns of a machine while each request is as likely to fail on all that answer for its version. */
const level = 0.001;
/** A machine is not called sick, however many requests show it, that fails less than this many times as often as the others. */
const leastRatio = 1.5;
/** Machines that are named. */
const mostNamed = 3;

interface SickInstance {
  readonly instance: string;
  readonly arm: Arm;
  readonly rate: number;
  readonly others: number;
}

/**
 * Whether a version's errors gather on few of the instances that answer for it: each one's error rate against the others' by
 * `fisherExactGreater` at `level` over the instances of both versions (Bonferroni). It warns at most, and never decides: it tells a sick
 * machine from a sick model, and people look there first. Requests are taken as independent: a key that fails again and again over
 * one connection looks like a sick machine.
 */
export function instanceChecks({ instances }: Pick<ReleaseObservation, 'instances'>): Check[] {
  if (instances.length === 0) return [];
  const sick = [...sickOf(instances, 'canary'), ...sickOf(instances, 'champion')];
  if (sick.length === 0) return [reported('instances', 'pass', 0, 0, unremarkable(instances))];
  const [shown, rest] = [sick.slice(0, mostNamed).map(describe), sick.length - mostNamed];
  const message = rest > 0 ? `${shown.join('; ')}; and ${rest} more` : shown.join('; ');
  return [reported('instances', 'warn', new Set(sick.map(({ instance }) => instance)).size, 0, message)];
}

function sickOf(instances: readonly Instance[], arm: Arm): SickInstance[] {
  const serving = servingOf(instances, arm);
  const all = sum(serving.map(({ counts }) => counts));
  return serving
    .flatMap(({ instance, counts }): SickInstance[] => {
      const rest = { events: all.events - counts.events, trials: all.trials - counts.trials };
      if (rest.trials === 0) return [];
      const [rate, others] = [counts.events / counts.trials, rest.events / rest.trials];
      if (counts.events === 0 || rate < leastRatio * others) return [];
      const isSick = fisherExactGreater(counts, rest) <= level / (2 * instances.length);
      return isSick ? [{ instance, arm, rate, others }] : [];
    })
    .toSorted((a, b) => b.rate - a.rate);
}

const servingOf = (instances: readonly Instance[], arm: Arm): { instance: string; counts: Trials }[] =>
  instances.flatMap(({ instance, arms }) => {
    const { requests, errors } = arms[arm];
    return requests === 0 ? [] : [{ instance, counts: { events: errors, trials: requests } }];
  });

const sum = (counts: readonly Trials[]): Trials => ({
  events: counts.reduce((total, { events }) => total + events, 0),
  trials: counts.reduce((total, { trials }) => total + trials, 0),
});

const describe = ({ instance, arm, rate, others }: SickInstance): string =>
  arm === 'canary'
    ? `instance ${instance} fails ${percentOf(rate)} of the candidate's requests, the others ${percentOf(others)}: look at that machine before blaming the model`
    : `instance ${instance} fails ${percentOf(rate)} of the champion's requests, the others ${percentOf(others)}: look at that machine before trusting the comparison`;

const percentOf = (rate: number): string => percent(Number(rate.toPrecision(2)));

function unremarkable(instances: readonly Instance[]): string {
  const [only, ...more] = servingOf(instances, 'canary');
  const others = servingOf(instances, 'champion').some(({ instance }) => instance !== only?.instance);
  const isAlone = only !== undefined && more.length === 0 && others;
  return isAlone
    ? `all of the candidate's answers came from instance ${only.instance}: a sick machine cannot be told from a sick model`
    : `errors do not gather on few of ${short(instances.length)} instances`;
}
