import { arms, type Arm } from '../../contracts/release/arm.ts';
import { createRandom } from '../../ml/random.ts';
import type { Random } from '../../ml/random.ts';
import type { ReleaseHistory } from '../../ml/simulation/history.ts';
import { simulateRelease } from '../../ml/simulation/traffic.ts';
import type { FreshKeys, SimulatedTraffic } from '../../ml/simulation/traffic.ts';
import { binomial } from '../../ml/statistics/binomial.ts';
import { instanceChecks } from '../../policy/release/checks/instances.ts';
import { figure } from '../row.ts';
import type { BenchRow } from '../row.ts';
import { openLooks } from './deciders/decider.ts';
import { eventRateDecider } from './deciders/event-rate.ts';
import { alpha } from './run-setting.ts';
import { trafficSettings } from './settings.ts';

/** Machines that each version has of its own. */
const machines = 3;
/** How many times as often requests fail on a sick machine. */
const sickness = 10;

type Fresh = SimulatedTraffic & { readonly keys: FreshKeys };
type Counts = Record<Arm, { requests: number; errors: number }>;
/** A release, and what each machine answered up to a minute. */
interface Machines {
  readonly history: ReleaseHistory;
  readonly countsUntil: (minute: number) => Counts[];
}

/**
 * Noise of one version's own machines cannot be told from harm: how often a harmless candidate is rolled back, and in how many of these
 * releases the check of the instances points at a machine. It can where one machine is to blame, and not where all of a version are.
 */
export function instanceRows(repeats: number): BenchRow[] {
  const rows = (how: string, world: SimulatedTraffic, draw: (random: Random) => Machines) =>
    rowsOf(`shown: ${how}`, draw, world, repeats, 7000);
  const noisy = trafficSettings.filter(({ world: { noise } }) => noise.kind === 'autocorrelated' && noise.own);
  const worlds = noisy.flatMap(({ name, world }) =>
    world.keys.kind === 'fresh' ? [{ name, world: { ...world, keys: world.keys } }] : [],
  );
  const steady = new Map(
    worlds.map(({ world }) => [world.keys.perMinute, { ...world, noise: { kind: 'flat' } as const }]),
  );
  return [
    ...worlds.flatMap(({ name, world }) => [
      ...rows(`${name}, all machines of a version alike`, world, (random) => together(world, random)),
      ...rows(`${name}, each machine by itself`, world, (random) => apart(world, random, 1)),
    ]),
    ...[...steady].flatMap(([perMinute, world]) =>
      rows(
        `${perMinute} a minute, one of the candidate's ${machines} machines fails ${sickness} times as often`,
        world,
        (random) => apart(world, random, sickness),
      ),
    ),
  ];
}

function rowsOf(
  work: string,
  draw: (random: Random) => Machines,
  { baseRate, minutes }: SimulatedTraffic,
  repeats: number,
  seed: number,
): BenchRow[] {
  const decider = eventRateDecider({ alpha, guardAlpha: alpha, splitAlpha: alpha, baseRate, minutes });
  let [alarms, warned] = [0, 0];
  for (let repeat = 0; repeat < repeats; repeat++) {
    const { history, countsUntil } = draw(createRandom(seed, repeat));
    const look = openLooks(decider, 1 / alpha);
    let minute = 0;
    while (minute < minutes && look(history, minute) === null) minute += 1;
    if (minute === minutes) continue;
    alarms += 1;
    if (warnsOf(countsUntil(minute))) warned += 1;
  }
  return [
    figure(`${work}: alarms of one guard`, (100 * alarms) / repeats, '%'),
    figure(`${work}: alarms in which an instance is named`, alarms === 0 ? 0 : (100 * warned) / alarms, '%'),
  ];
}

/** Each version has machines of its own. */
const warnsOf = (counts: readonly Counts[]): boolean =>
  instanceChecks({
    instances: counts.flatMap((each, machine) =>
      arms.map((arm) => {
        const none = { requests: 0, errors: 0 };
        return {
          instance: `${arm}-${machine}`,
          ...each[arm],
          arms: { champion: none, canary: none, [arm]: each[arm] },
        };
      }),
    ),
  }).some(({ status }) => status === 'warn');

/** One release whose requests fall on the machines by chance. */
function together(world: Fresh, random: Random): Machines {
  const history = simulateRelease(world, random);
  return {
    history,
    countsUntil: (minute) => {
      const left = countsOf(history, minute);
      return Array.from({ length: machines }, (_, machine) => {
        const share = 1 / (machines - machine);
        const take = (arm: Arm) => {
          const { requests, errors } = left[arm];
          const failed = binomial(random, errors, share);
          const taken = { requests: failed + binomial(random, requests - errors, share), errors: failed };
          left[arm] = { requests: requests - taken.requests, errors: errors - taken.errors };
          return taken;
        };
        return { champion: take('champion'), canary: take('canary') };
      });
    },
  };
}

/** As many releases as machines, each with its part of the traffic; on the first one the candidate fails `ratio` times as often. */
function apart(world: Fresh, random: Random, ratio: number): Machines {
  const keys = { ...world.keys, perMinute: world.keys.perMinute / machines };
  const parts = Array.from({ length: machines }, (_, machine) =>
    simulateRelease({ ...world, keys, ratio: machine === 0 ? ratio : 1 }, random),
  );
  const sum = (arm: Arm, of: 'requests' | 'events' | 'firstEvents') =>
    Float64Array.from({ length: world.minutes }, (_, minute) =>
      parts.reduce((total, part) => total + (part[arm][of][minute] ?? 0), 0),
    );
  const whole = (arm: Arm) => ({
    requests: sum(arm, 'requests'),
    events: sum(arm, 'events'),
    firstEvents: sum(arm, 'firstEvents'),
  });
  const share = parts[0]?.share ?? new Float64Array(world.minutes);
  return {
    history: { minutes: world.minutes, share, champion: whole('champion'), canary: whole('canary') },
    countsUntil: (minute) => parts.map((part) => countsOf(part, minute)),
  };
}

function countsOf(history: ReleaseHistory, until: number): Counts {
  const sum = (values: Float64Array) => values.subarray(0, until + 1).reduce((total, value) => total + value, 0);
  const of = (arm: Arm) => ({ requests: sum(history[arm].requests), errors: sum(history[arm].events) });
  return { champion: of('champion'), canary: of('canary') };
}
