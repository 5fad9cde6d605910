import { ScheduleNotFoundError, ScheduleOverlapPolicy, type Client, type ScheduleOptions } from '@temporalio/client';
import { cronNotes, skippedRuns } from '../config/cron.ts';
import type { Config } from '../config/schema.ts';
import type { ModelDefinition } from '../contracts/model/model-definition.ts';
import { monitorScheduleId, retrainScheduleId, workflowTypes } from '../contracts/names.ts';
import type { RetrainRequest } from '../contracts/run/run.ts';

export interface ScheduleChange {
  readonly model: string;
  /** Null where the definition could not be read. */
  readonly schedule: string | null;
  readonly change: 'created' | 'updated' | 'deleted' | 'none';
  /** Why the model's definition could not be read. */
  readonly problem: string | null;
  /** What a person should know of its times. */
  readonly notes: readonly string[];
}

interface Definitions {
  list(): string[];
  model(name: string): ModelDefinition;
}

const monthNames = [
  'JANUARY',
  'FEBRUARY',
  'MARCH',
  'APRIL',
  'MAY',
  'JUNE',
  'JULY',
  'AUGUST',
  'SEPTEMBER',
  'OCTOBER',
  'NOVEMBER',
  'DECEMBER',
] as const;

const pausedByDefinition = 'paused by the model definition';

/** Marks what is ours: in a shared namespace others may have schedules too. */
const ownMark = 'pawlModel';
/** After a longer outage a missed run is not made up for: the next one is due soon enough. */
const catchupWindow = '1 hour';

type WantedSchedule = ScheduleOptions & { scheduleId: string };

/**
 * Makes Temporal's schedules those of the model definitions: `retrain/<model>` where one is declared, and `monitor/<model>`. What a person
 * paused stays paused. One bad definition does not keep the others from being scheduled.
 */
export async function syncSchedules(
  client: Client,
  config: Pick<Config, 'taskQueues'>,
  definitions: Definitions,
  now = new Date(),
): Promise<ScheduleChange[]> {
  const changes: ScheduleChange[] = [];
  const wanted = new Set<string>();
  const unread = new Set<string>();
  for (const model of definitions.list()) {
    try {
      const definition = definitions.model(model);
      for (const schedule of schedulesOf(definition, config.taskQueues.pipeline, now)) {
        wanted.add(schedule.scheduleId);
        changes.push({
          model,
          schedule: schedule.scheduleId,
          change: await put(client, schedule),
          problem: null,
          notes: notesOf(schedule, definition, now),
        });
      }
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      unread.add(model);
      changes.push({ model, schedule: null, change: 'none', problem: error.message, notes: [] });
    }
  }
  for await (const { scheduleId, memo } of client.schedule.list()) {
    const model = memo?.[ownMark];
    if (typeof model !== 'string' || wanted.has(scheduleId) || unread.has(model)) continue;
    await client.schedule.getHandle(scheduleId).delete();
    changes.push({ model, schedule: scheduleId, change: 'deleted', problem: null, notes: [] });
  }
  return changes;
}

const notesOf = ({ scheduleId }: WantedSchedule, { model, schedule }: ModelDefinition, now: Date): string[] =>
  schedule === undefined || scheduleId !== retrainScheduleId(model) ? [] : cronNotes(schedule, now);

function schedulesOf({ model, schedule, monitor }: ModelDefinition, taskQueue: string, now: Date): WantedSchedule[] {
  const common = { memo: { [ownMark]: model } };
  const policies = { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow } as const;
  const start = (id: string, workflowType: string, summary: string, input: string | RetrainRequest = model) =>
    ({
      type: 'startWorkflow',
      workflowType,
      // Temporal adds the time.
      workflowId: `${id}/schedule`,
      args: [input],
      taskQueue,
      staticSummary: summary,
    }) as const;
  return [
    {
      ...common,
      scheduleId: monitorScheduleId(model),
      spec: { intervals: [{ every: monitor.every }] },
      action: start(monitorScheduleId(model), workflowTypes.monitor, `Monitor ${model}`),
      policies,
      state: { paused: false },
    },
    ...(schedule === undefined
      ? []
      : [
          {
            ...common,
            scheduleId: retrainScheduleId(model),
            spec: {
              cronExpressions: [schedule.cron],
              calendars: skippedRuns(schedule, now).map(({ year, month, day, hour, minute }) => ({
                year,
                month: monthNames[month - 1] ?? 'JANUARY',
                dayOfMonth: day,
                hour,
                minute,
              })),
              timezone: schedule.timezone,
            },
            action: start(
              retrainScheduleId(model),
              workflowTypes.retrain,
              `Retrain ${model}: scheduled`,
              schedule.data === undefined ? model : { model, data: schedule.data },
            ),
            policies,
            state: { paused: schedule.paused, ...(schedule.paused ? { note: pausedByDefinition } : {}) },
          },
        ]),
  ];
}

/** What a person paused stays paused; what the definition paused goes on when the definition says so. */
function pauseOf(
  before: { paused: boolean; note?: string | undefined },
  wanted: boolean,
): { paused: boolean; note?: string } {
  if (wanted) return before.paused ? { paused: true } : { paused: true, note: pausedByDefinition };
  return before.paused && before.note === pausedByDefinition ? { paused: false, note: '' } : { paused: before.paused };
}

async function put(client: Client, wanted: WantedSchedule): Promise<'created' | 'updated'> {
  const { spec, action, policies, state } = wanted;
  try {
    await client.schedule.getHandle(wanted.scheduleId).update((before) => ({
      spec,
      action,
      policies,
      state: {
        ...before.state,
        ...pauseOf(before.state, state?.paused === true),
      },
    }));
    return 'updated';
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    await client.schedule.create(wanted);
    return 'created';
  }
}
