import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { labelSpaceOf } from '../../contracts/data/label-space.ts';
import type { ModelDefinition } from '../../contracts/model/model-definition.ts';
import { incidentsFor } from '../../policy/release/backtest/incidents.ts';
import { missed, mostRepeats } from '../../policy/release/backtest/run-backtest.ts';
import { trafficOf } from '../../policy/release/plan/choose-traffic.ts';
import { integer, positiveInteger, withJson, type JsonOption } from '../arguments.ts';
import { describeLogged } from '../backtest/describe-logged.ts';
import { describeIncidents } from '../backtest/describe.ts';
import { loadPolicy, type LoadedPolicy } from '../backtest/load-policy.ts';
import { drawBacktest } from '../backtest/picture.ts';
import { playIncidents } from '../backtest/pool.ts';
import type { PrintedBacktest } from '../backtest/printed.ts';
import { withPorts, type Context } from '../context.ts';
import { CommandFailed } from '../errors.ts';
import { requireModel } from '../known-models.ts';
import { evaluatedLosses } from '../evaluated-losses.ts';
import { print } from '../output.ts';
import type { SetExitCode } from '../exit-code.ts';
import { trafficFor, withTraffic, type MeasuredModel, type TrafficOptions } from '../traffic-options.ts';

interface Options extends JsonOption, TrafficOptions {
  /** A model, or true for the one whose definition the policy is of. */
  logged?: string | true;
  repeats: number;
  seed: number;
  svg?: string;
  failOnMissed?: boolean;
}

/** Missed more often than this, an incident counts as one that the policy does not catch. */
const mostMissed = 0.05;

export function backtestCommand(program: Command, setExitCode: SetExitCode): void {
  withTraffic(withJson(program.command('backtest')))
    .argument('<policy>', 'a YAML file (a release policy, or a model definition), or the name of a model')
    .description(
      'try a release policy on simulated incidents, or on past releases: what it would have stopped, and how soon',
    )
    .option('--repeats <n>', 'releases of each incident', repeatCount, 200)
    .option('--seed <n>', 'of the simulated traffic', integer, 1)
    .option('--svg <file>', 'draw what became of the releases, and how soon')
    .option('--fail-on-missed', 'exit code 1 where a harmful incident is missed in more than 5 %')
    .addOption(
      new Option('--logged [model]', "replay the model's past releases instead, from the store").conflicts([
        'svg',
        'failOnMissed',
      ]),
    )
    .addHelpText('after', help)
    .action((name: string, options: Options) =>
      withPorts(async (context) => {
        const loaded = await loadPolicy(context, name);
        if (options.logged !== undefined) {
          await replay(context, loaded, options.logged, options);
          return;
        }
        const result = await playAll(context, loaded, options);
        if (options.svg !== undefined) await writeFile(resolve(options.svg), drawBacktest(result));
        print(options, result, () => describeIncidents(result));
        if (options.failOnMissed === true && result.missedOften.length > 0) setExitCode(1);
      }),
    );
}

const help = `
PASSED: promoted, or measured to the end. HELD: not proven by the deadline, and taken back. DELAY: from the start of the harm to the
rollback or pause. BAD: what the candidate answered badly by then. What is not given of the traffic is measured from the model's log.

With --logged, traffic is what it was: the policy judges the phases of each past release as often as its analyzeEvery says.`;

function repeatCount(text: string): number {
  const count = positiveInteger(text);
  if (count <= mostRepeats) return count;
  throw new InvalidArgumentError(`at most ${mostRepeats} repeats.`);
}

async function replay(
  context: Context,
  { policy, definition }: LoadedPolicy,
  named: string | true,
  options: Options,
): Promise<void> {
  const model = named === true ? definition?.model : named;
  if (model === undefined)
    throw new CommandFailed('a policy without a model has no past releases: give --logged <model>');
  await requireModel(context, model);
  // DuckDB loads only when it is asked.
  const { replayLogged } = await import('../backtest/replay-logged.ts');
  const result = await replayLogged(context, model, policy);
  print(options, result, () => describeLogged(result));
}

async function measuredOf(context: Context, definition: ModelDefinition): Promise<MeasuredModel> {
  const { model, release } = definition;
  const labelSpace = labelSpaceOf(definition, await context.ports.definitions.datasetOf(definition));
  const losses = await evaluatedLosses(context, model, labelSpace);
  return { model, labelSpace, slowMs: release.guards.slowMs, ...losses };
}

async function playAll(
  context: Context,
  { policy, definition }: LoadedPolicy,
  options: Options,
): Promise<PrintedBacktest> {
  const measured = definition === null ? null : await measuredOf(context, definition);
  const traffic = await trafficFor(context, measured, options);
  const { repeats, seed } = options;
  const question = { policy, traffic: trafficOf(traffic), repeats, seed };
  const { incidents: all, leftOut } = incidentsFor(policy, question.traffic);
  const incidents = await playIncidents(question, all.length);
  const missedOften = incidents.flatMap((one) =>
    one.kind === 'harmful' && missed(one) > mostMissed ? [one.incident] : [],
  );
  return { policy, traffic, repeats, seed, incidents, leftOut, missedOften };
}
