import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import type { Noise } from '../../../ml/simulation/noise.ts';
import type { GuardDefinition } from '../guards/guard.ts';
import { allGuards } from '../guards/index.ts';
import { definitionsInForce } from '../guards-in-force.ts';
import type { DeclaredTraffic } from '../plan/setting.ts';
import { placeOf, type HarmToFind, type Incident, type LeftOut } from './incident.ts';
import { whySplitless } from './phases.ts';
import { segmentShare, segmentsOf } from './segment-stream.ts';

const flat: Noise = { kind: 'flat' };

/** The incidents that releases under the policy are tried on, and those that cannot be made at this traffic or in this mode. */
export function incidentsFor(
  policy: ReleasePolicy,
  traffic: DeclaredTraffic,
  guards: readonly GuardDefinition[] = allGuards,
): { incidents: Incident[]; leftOut: LeftOut[] } {
  const inForce = definitionsInForce(policy, guards);
  const harms = [
    ...inForce.flatMap(({ incidents }) => incidents?.(policy, traffic) ?? []),
    ...inSegment(policy, traffic),
  ];
  const ordered = harms.toSorted((a, b) => placeOf(a) - placeOf(b));
  return {
    incidents: [...harmless, ...ordered.filter(({ why }) => why === null).map(harmful)],
    leftOut: [
      ...ordered.flatMap(({ name, why }) => (why === null ? [] : [{ incident: name, why }])),
      ...inForce.flatMap(({ unsimulated }) => unsimulated ?? []),
    ],
  };
}

const quiet = (name: string, noise: Noise, more: Partial<Incident> = {}): Incident => ({
  name,
  kind: 'harmless',
  noise,
  burst: 1,
  harm: {},
  from: 0,
  ...more,
});

const harmless: readonly Incident[] = [
  quiet('no difference', flat),
  quiet('daily wave', { kind: 'dailyWave', rateSwing: 0.5, trafficSwing: 0.5 }),
  quiet('shared outage, errors x 20 for 10 min', { kind: 'outage', minutes: 10, factor: 20 }),
  quiet('bursts of 5 errors a key', flat, { burst: 5 }),
  quiet(
    "noise of one arm's machines",
    { kind: 'autocorrelated', correlation: 0.8, deviation: 0.5, own: true },
    { kind: 'unclear' },
  ),
];

const harmful = ({ name, harm, from = 0 }: HarmToFind): Incident => quiet(name, flat, { kind: 'harmful', harm, from });

const segmentRatio = 5;

/** Harm to one segment alone, which the guards of segments find. */
function inSegment(policy: ReleasePolicy, { errorRate }: DeclaredTraffic): HarmToFind[] {
  if (policy.guards.bySegment === null) return [];
  const [segment] = segmentsOf(policy);
  const diluted = 1 + (segmentRatio - 1) * segmentShare(policy);
  return [
    {
      name: `errors x ${segmentRatio} where ${segment}`,
      harm: { errorRatio: diluted, segmentErrorRatio: segmentRatio },
      why: whySplitless(policy) ?? (errorRate === 0 ? 'the champion has no errors at this traffic' : null),
    },
  ];
}
