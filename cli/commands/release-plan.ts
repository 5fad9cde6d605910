import type { Command } from 'commander';
import type { GroupedAttribute } from '../../contracts/group-window.ts';
import type { ModelDefinition } from '../../contracts/model-definition.ts';
import type { ReleasePolicy } from '../../contracts/release-policy.ts';
import { wholeTraffic, type AlphaShare } from '../../policy/alpha-budget.ts';
import { trafficOf, type SourcedTraffic } from '../../policy/declare-traffic.ts';
import { guardBudget } from '../../policy/guards.ts';
import { groupsToRead } from '../../policy/groups-to-read.ts';
import { judgedValues } from '../../policy/live-value.ts';
import type { GuardPlan } from '../../policy/plan-guard.ts';
import { planPromotion, type PromotionPlan } from '../../policy/plan-promotion.ts';
import { planRelease } from '../../policy/plan-release.ts';
import { modelMaybeAtVersion, numberWithin, withJson, type JsonOption } from '../arguments.ts';
import { withPorts, type Context } from '../context.ts';
import { definitionOf } from '../definition-of.ts';
import { print } from '../output.ts';
import { trafficFor, withTraffic, type TrafficOptions } from '../traffic-options.ts';
import { describePlan } from './describe-plan.ts';

interface Target {
  readonly model: string;
  readonly version: number | null;
}

interface Options extends JsonOption, TrafficOptions {
  ratio?: number;
  drop?: number;
  holdback?: number;
}

export interface PrintedPlan {
  readonly model: string;
  readonly version: number | null;
  readonly policy: ReleasePolicy;
  readonly traffic: SourcedTraffic;
  readonly guards: readonly GuardPlan[];
  /** What guards by segment have of alpha, at the first try; they are not simulated. */
  readonly segments: readonly Pick<AlphaShare, 'segment' | 'guard' | 'alpha'>[];
  readonly promotion: PromotionPlan | null;
}

/** Releases to simulate for each number: a hundred answer within seconds, and to a few hundredths. */
const repeats = 100;

/** Adds `plan` to `pawl release`. */
export function releasePlanCommand(release: Command): void {
  withTraffic(withJson(release.command('plan')))
    .argument(
      '<model>',
      'a model, by its definition as it stands, or <model>@<n> by what the version pinned',
      modelMaybeAtVersion,
    )
    .description('what each guard of a release could see at the traffic, how soon, and which can never fire')
    .option(
      '--ratio <times>',
      'harm to ask about: times the tolerated ratio of rates (default: 2)',
      numberWithin(1, 1_000, true),
    )
    .option(
      '--drop <share>',
      'harm to ask about: accuracy, or share of the range of values, lost beyond the tolerated (default: 0.02)',
      numberWithin(0, 1, true),
    )
    .option(
      '--holdback <share>',
      "share of the version before during the bake (default: the policy's)",
      numberWithin(0, 0.5),
    )
    .addHelpText(
      'after',
      '\nWhat is not given is measured from the prediction log: requests that the champion answered.',
    )
    .action((target: Target, options: Options) =>
      withPorts(async (context) => {
        const plan = await makePlan(context, target, options);
        print(options, plan, () => describePlan(plan));
      }),
    );
}

async function makePlan(context: Context, target: Target, options: Options): Promise<PrintedPlan> {
  const definition = await definitionOf(context, target);
  const policy =
    options.holdback === undefined ? definition.release : { ...definition.release, holdback: options.holdback };
  const { model, positive, release } = definition;
  const attributes = await attributesOf(context, definition);
  const values = judgedValues(release);
  const measured = {
    model,
    positive,
    slowMs: release.guards.slowMs,
    attributes,
    ...(values === null ? {} : { values }),
  };
  const traffic = await trafficFor(context, measured, options);
  const numbers = trafficOf(traffic);
  const asked = Object.fromEntries(
    Object.entries({ ratio: options.ratio, drop: options.drop }).filter(([, value]) => value !== undefined),
  );
  const guards = planRelease(policy, numbers, { ...asked, repeats });
  const segments = guardBudget(policy, 1)
    .shares.filter(({ segment }) => segment !== wholeTraffic)
    .map(({ segment, guard, alpha }) => ({ segment, guard, alpha }));
  return { ...target, policy, traffic, guards, segments, promotion: planPromotion(policy, numbers, { repeats }) };
}

/** The attributes whose groups the guard `fairness` would judge. */
async function attributesOf({ ports }: Context, definition: ModelDefinition): Promise<readonly GroupedAttribute[]> {
  if (definition.release.guards.fairness === null) return [];
  return groupsToRead(definition, await ports.definitions.dataset(definition.dataset))?.attributes ?? [];
}
