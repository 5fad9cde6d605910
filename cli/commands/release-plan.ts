import type { PrintedPlan } from '../plan/printed.ts';
import { Option, type Command } from 'commander';
import type { ModelDefinition } from '../../contracts/model/model-definition.ts';
import { shownLoss } from '../../contracts/evidence/loss-scale.ts';
import { labelSpaceOf, type LabelSpace } from '../../contracts/data/label-space.ts';
import { answersToRead } from '../../policy/release/what-to-count/answers.ts';
import { declareSegments } from '../../policy/release/plan/declare-segments.ts';
import { trafficOf } from '../../policy/release/plan/choose-traffic.ts';
import { groupsToRead } from '../../policy/release/what-to-count/groups.ts';
import { planPromotion } from '../../policy/release/plan/promotion.ts';
import { pairLosses } from '../../policy/release/observe/pair-losses.ts';
import { planRelease } from '../../policy/release/plan/release.ts';
import { planSegments } from '../../policy/release/plan/segments.ts';
import { segmentsToRead } from '../../policy/release/what-to-count/segments.ts';
import { modelMaybeAtVersion, numberWithin, withJson, type JsonOption } from '../arguments.ts';
import { withPorts, type Context } from '../context.ts';
import { definitionOf } from '../definition-of.ts';
import { CommandFailed } from '../errors.ts';
import { evaluatedLosses } from '../evaluated-losses.ts';
import { print } from '../output.ts';
import { shareBySegment } from '../segment-share.ts';
import { trafficAndCounts, withTraffic, type MeasuredModel, type TrafficOptions } from '../traffic-options.ts';
import { describePlan } from '../plan/describe.ts';

interface Target {
  readonly model: string;
  readonly version: number | null;
}

interface Options extends JsonOption, TrafficOptions {
  ratio?: number;
  drop?: number;
  holdback?: number;
  segmentShare: Readonly<Record<string, number>>;
}

/** Releases to simulate for each number: a hundred answer within seconds, and to a few hundredths. */
const repeats = 100;

/** Adds `plan` to `pawl release`. */
export function releasePlanCommand(release: Command): void {
  withTraffic(withJson(release.command('plan')))
    .argument(
      '<model>',
      'a model, by its present definition, or <model>@<n> by what the version pinned',
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
    .addOption(
      new Option(
        '--segment-share <segment=share>',
        "keys in a segment of the policy's, such as country=DE=0.3; may be given again",
      )
        .argParser(shareBySegment)
        .default({}, 'none'),
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
  const { model, release } = definition;
  const also = await alsoMeasured(context, definition);
  const { traffic, measured } = await trafficAndCounts(
    context,
    { model, slowMs: release.guards.slowMs, ...also },
    options,
  );
  const numbers = trafficOf(traffic);
  const segmentShares = declareSegments(policy, options.segmentShare, measured);
  const unknown = Object.keys(options.segmentShare).filter((segment) => segmentShares[segment] === undefined);
  if (unknown.length > 0)
    throw new CommandFailed(
      `the policy judges no segment ${unknown.join(', ')}: it has ${Object.keys(segmentShares).join(', ') || 'none'}`,
    );
  const shares = Object.fromEntries(Object.entries(segmentShares).map(([segment, { value }]) => [segment, value]));
  const asked = Object.fromEntries(
    Object.entries({ ratio: options.ratio, drop: options.drop }).filter(([, value]) => value !== undefined),
  );
  const guards = planRelease(policy, numbers, { ...asked, repeats });
  const segments = planSegments(policy, numbers, shares, { ...asked, repeats });
  const promotion = planPromotion(policy, numbers, { repeats });
  const accuracyIs = accuracyIn(also.labelSpace);
  return {
    ...target,
    policy,
    traffic,
    guards,
    segments,
    segmentShares,
    promotion,
    ...(accuracyIs === null ? {} : { accuracyIs }),
  };
}

/** What a loss of accuracy is where answers are neither right nor wrong; null where they are. */
function accuracyIn(space: LabelSpace): string | null {
  const losses = pairLosses(space, 1);
  return losses === null
    ? null
    : `Answers are judged by the ${shownLoss(losses.scale).words}: a loss of accuracy of 1 % is a change of it by 1 % of what one answer can lose.`;
}

/** What of the log only some policies ask for: groups, segments, probabilities and values. */
async function alsoMeasured(
  context: Context,
  definition: ModelDefinition,
): Promise<Pick<MeasuredModel, 'labelSpace' | 'losses' | 'attributes' | 'segments' | 'band' | 'values'>> {
  const { fairness, bySegment } = definition.release.guards;
  const { scoreEvents: band, values } = answersToRead(definition.release);
  const dataset = await context.ports.definitions.datasetOf(definition);
  const labelSpace = labelSpaceOf(definition, dataset);
  const answers = {
    labelSpace,
    ...(await evaluatedLosses(context, definition.model, labelSpace)),
    ...(band === undefined ? {} : { band }),
    ...(values === undefined ? {} : { values }),
  };
  if (fairness === null && bySegment === null) return answers;
  const segments = segmentsToRead(definition, dataset);
  return {
    ...answers,
    attributes: groupsToRead(definition, dataset)?.attributes ?? [],
    ...(segments === null ? {} : { segments }),
  };
}
