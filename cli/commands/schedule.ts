import { ScheduleNotFoundError } from '@temporalio/client';
import { Option, type Command } from 'commander';
import { definitionLoaders } from '../../config/load-definitions.ts';
import { monitorScheduleId, retrainScheduleId } from '../../contracts/names.ts';
import { currentUser, why, withJson, type JsonOption } from '../arguments.ts';
import { withTemporal, type Context } from '../context.ts';
import { CommandFailed } from '../errors.ts';
import { requireNamespace } from '../namespace.ts';
import { print, table, time } from '../output.ts';
import type { SetExitCode } from '../exit-code.ts';

export function scheduleCommand(program: Command, setExitCode: SetExitCode): void {
  const schedule = program.command('schedule').description('the schedules that start runs and monitors');
  withJson(schedule.command('list'))
    .description('the schedules, and when each acts next')
    .action((options: JsonOption) => withTemporal((context) => list(context, options)));
  withJson(schedule.command('sync'))
    .description('make the schedules those of the model definitions (`pawl up` does it too)')
    .action((options: JsonOption) => withTemporal(async (context) => setExitCode(await sync(context, options))));
  for (const verb of ['pause', 'resume', 'trigger'] as const)
    withJson(schedule.command(verb))
      .argument('<model>', 'name of a model')
      .description(verb === 'trigger' ? 'act now, independent of the schedule' : `${verb} a schedule`)
      .option('--monitor', 'the schedule of the monitor, not that of the runs')
      .addOption(
        new Option('--reason <why>', 'why; kept in the schedule')
          .argParser(why)
          .default(`${verb} by ${currentUser()}`, `${verb} by your user name`),
      )
      .action((model: string, options: ActOptions) => withTemporal((context) => act(context, verb, model, options)));
}

interface ActOptions extends JsonOption {
  monitor?: boolean;
  reason: string;
}

async function list({ client }: Context, options: JsonOption): Promise<void> {
  const rows: { schedule: string; paused: boolean; note: string; next: string | null }[] = [];
  for await (const { scheduleId, state, info } of client.schedule.list())
    if (/^(retrain|monitor)\//.test(scheduleId))
      rows.push({
        schedule: scheduleId,
        paused: state.paused,
        note: state.note ?? '',
        next: info.nextActionTimes[0]?.toISOString() ?? null,
      });
  print(options, rows, () =>
    table(
      ['SCHEDULE', 'STATE', 'NEXT (UTC)', 'NOTE'],
      rows.map(({ schedule, paused, next, note }) => [schedule, paused ? 'paused' : 'active', time(next), note]),
      'there are no schedules: `pawl schedule sync` makes those of the model definitions',
    ),
  );
}

async function sync({ client, config }: Context, options: JsonOption): Promise<number> {
  await requireNamespace({ client, config });
  const { syncSchedules } = await import('../../workers/sync-schedules.ts');
  const changes = await syncSchedules(client, config, definitionLoaders(config));
  print(options, changes, () =>
    table(
      ['MODEL', 'SCHEDULE', 'CHANGE', 'NOTE'],
      changes.map(({ model, schedule, change, problem, notes }) => [
        model,
        schedule ?? '',
        problem ?? change,
        notes.join('; '),
      ]),
      `no model is defined in ${config.models}: add <name>.yaml there`,
    ),
  );
  return changes.some(({ problem }) => problem !== null) ? 1 : 0;
}

async function act(
  { client, config, ports }: Context,
  verb: 'pause' | 'resume' | 'trigger',
  model: string,
  options: ActOptions,
): Promise<void> {
  const schedule = options.monitor === true ? monitorScheduleId(model) : retrainScheduleId(model);
  if (verb === 'trigger') await requireNamespace({ client, config });
  const handle = client.schedule.getHandle(schedule);
  try {
    if (verb === 'pause') await handle.pause(options.reason);
    else if (verb === 'resume') await handle.unpause(options.reason);
    else await handle.trigger();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError)
      throw new CommandFailed(
        `there is no schedule "${schedule}": ${await remedyOf(ports, model, options.monitor === true)}`,
      );
    throw error;
  }
  print(options, { schedule, done: verb }, () => `${schedule}: ${verb} done`);
}

/** Every model has a monitor; runs have a schedule where its definition declares one. */
async function remedyOf({ definitions }: Context['ports'], model: string, isMonitor: boolean): Promise<string> {
  const definition = await definitions.model(model);
  return isMonitor || definition.schedule !== undefined
    ? '`pawl schedule sync` makes it'
    : `add "schedule" to the definition of "${model}", then \`pawl schedule sync\``;
}
