import type { Command } from 'commander';
import { modelDefinitionSchema, type ModelDefinition } from '../../contracts/model-definition.ts';
import type { ReleasePolicy } from '../../contracts/release-policy.ts';
import { declareTraffic, trafficOf, type SourcedTraffic } from '../../policy/declare-traffic.ts';
import type { GuardPlan } from '../../policy/plan-guard.ts';
import { planPromotion, type PromotionPlan } from '../../policy/plan-promotion.ts';
import { planRelease } from '../../policy/plan-release.ts';
import { hourMs, type DeclaredTraffic } from '../../policy/plan-setting.ts';
import { age, modelMaybeAtVersion, numberWithin, withJson, type JsonOption } from '../arguments.ts';
import { withPorts, type Context } from '../context.ts';
import { UsageError } from '../errors.ts';
import { print } from '../output.ts';
import { describePlan } from './describe-plan.ts';

interface Target {
  readonly model: string;
  readonly version: number | null;
}

interface Options extends JsonOption {
  keysPerHour?: number;
  labelsPerHour?: number;
  labelDelay?: number;
  errorRate?: number;
  slowRate?: number;
  positiveRate?: number;
  discordant?: number;
  ratio?: number;
  drop?: number;
  holdback?: number;
  since: number;
}

export interface PrintedPlan {
  readonly model: string;
  readonly version: number | null;
  readonly policy: ReleasePolicy;
  readonly traffic: SourcedTraffic;
  readonly guards: readonly GuardPlan[];
  readonly promotion: PromotionPlan | null;
}

/** Releases to simulate for each number: a hundred answer within seconds, and to a few hundredths. */
const repeats = 100;
const dayMs = 86_400_000;

/** Adds `plan` to `pawl release`. */
export function releasePlanCommand(release: Command): void {
  const share = numberWithin(0, 1);
  const count = numberWithin(0, Infinity);
  withJson(release.command('plan'))
    .argument(
      '<model>',
      'a model, by its definition as it stands, or <model>@<n> by what the version pinned',
      modelMaybeAtVersion,
    )
    .description('what each guard of a release could see at the traffic, how soon, and which can never fire')
    .option('--keys-per-hour <n>', 'new sticky keys an hour', numberWithin(0, Infinity, true))
    .option('--labels-per-hour <n>', 'keys an hour whose true label comes back', count)
    .option('--label-delay <time>', 'from a request to its label, such as 24h', age)
    .option('--error-rate <share>', 'keys with a failed request', share)
    .option('--slow-rate <share>', "keys with a request slower than the policy's slowMs", share)
    .option('--positive-rate <share>', 'keys with a positive prediction', share)
    .option('--discordant <share>', 'labelled requests on which just one version is right', share)
    .option(
      '--ratio <times>',
      'harm to ask about: times the tolerated ratio of rates (default: 2)',
      numberWithin(1, 1_000, true),
    )
    .option(
      '--drop <share>',
      'harm to ask about: accuracy lost beyond the tolerated (default: 0.02)',
      numberWithin(0, 1, true),
    )
    .option(
      '--holdback <share>',
      "share of the version before during the bake (default: the policy's)",
      numberWithin(0, 0.5),
    )
    .option('--since <age>', 'measure what is not given by the log of the last such time', age, dayMs)
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
  const traffic = await trafficFor(context, definition, options);
  const numbers = trafficOf(traffic);
  const asked = Object.fromEntries(
    Object.entries({ ratio: options.ratio, drop: options.drop }).filter(([, value]) => value !== undefined),
  );
  const guards = planRelease(policy, numbers, { ...asked, repeats });
  return { ...target, policy, traffic, guards, promotion: planPromotion(policy, numbers, { repeats }) };
}

/** The definition as it stands, or as the version's run pinned it: a version is released by that. */
async function definitionOf({ ports }: Context, { model, version }: Target): Promise<ModelDefinition> {
  if (version === null) return ports.definitions.model(model);
  const { lineage } = await ports.registry.version(model, version);
  const bytes = await ports.store.getBlob(lineage.definition);
  return modelDefinitionSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
}

async function trafficFor(
  { ports, config }: Context,
  { model, positive, release }: ModelDefinition,
  options: Options,
): Promise<SourcedTraffic> {
  const { keysPerHour, labelsPerHour, labelDelay, errorRate, slowRate, positiveRate, discordant } = options;
  const given: Partial<DeclaredTraffic> = {
    ...(keysPerHour === undefined ? {} : { keysPerHour }),
    ...(labelsPerHour === undefined ? {} : { labelsPerHour }),
    ...(labelDelay === undefined ? {} : { labelDelayHours: labelDelay / hourMs }),
    ...(errorRate === undefined ? {} : { errorRate }),
    ...(slowRate === undefined ? {} : { slowRate }),
    ...(positiveRate === undefined ? {} : { positiveRate }),
    ...(discordant === undefined ? {} : { discordantShare: discordant }),
  };
  const now = ports.now();
  // DuckDB loads only when it is asked.
  const { measureTraffic } = await import('../../ports/prediction-log/measure-traffic.ts');
  const since = now - options.since;
  const { slowMs } = release.guards;
  const measured = await measureTraffic({ store: ports.store, home: config.home, model, since, now, slowMs, positive });
  if (measured === null && keysPerHour === undefined)
    throw new UsageError(
      `the prediction log has no request that a champion of "${model}" answered in that time: give --keys-per-hour, and what ` +
        'is known of --labels-per-hour, --label-delay, --error-rate, --slow-rate and --positive-rate, or look further back by --since',
    );
  return declareTraffic(given, measured);
}
