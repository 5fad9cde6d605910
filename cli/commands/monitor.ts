import type { Command } from 'commander';
import { monitorEvidenceSchema, type MonitorEvidence, type MonitorRecord } from '../../contracts/evidence/monitor.ts';
import { monitorScheduleId } from '../../contracts/names.ts';
import { short } from '../../policy/check.ts';
import { withJson, type JsonOption } from '../arguments.ts';
import { withPorts } from '../context.ts';
import { requireModel } from '../known-models.ts';
import { whatDiffers } from '../what-differs.ts';
import { fields, roundedPercent, print, table, time } from '../output.ts';

export function monitorCommand(program: Command): void {
  withJson(program.command('monitor'))
    .argument('<model>', 'name of a model')
    .description(
      'what the monitor found last: live requests, drift by column, live accuracy, and the run that it asked for',
    )
    .action((model: string, options: JsonOption) =>
      withPorts(async (context) => {
        const { registry, store, verifier } = context.ports;
        const differences = await verifier.monitor(model);
        const record = await registry.lastMonitor(model);
        if (record === null) await requireModel(context, model);
        const evidence =
          record === null || record.evidence === null
            ? null
            : monitorEvidenceSchema.parse(JSON.parse(new TextDecoder().decode(await store.getBlob(record.evidence))));
        print(options, { model, last: record, evidence, differences }, () =>
          record === null
            ? `the monitor of "${model}" never ran: \`pawl schedule trigger ${model} --monitor\` runs it now; \`pawl schedule sync\` makes the schedule "${monitorScheduleId(model)}" if the model is new`
            : [...whatDiffers(model, differences), describe(record, evidence)].join('\n\n'),
        );
      }),
    );
}

function describe(record: MonitorRecord, evidence: MonitorEvidence | null): string {
  const { model, at, status, reasons, trigger } = record;
  const facts: [string, string][] = [
    ['model', model],
    ['looked', `${time(at)} UTC`],
    ['verdict', status],
    ['starts a run', trigger ?? 'no'],
  ];
  if (evidence === null) return [fields(facts), ...reasons].join('\n');
  const { version, from, to, requests, errors, drift, unread, notLogged, odd } = evidence;
  facts.push(
    ['version', String(version)],
    ['window', `${time(new Date(from))} to ${time(new Date(to))} UTC`],
    ['requests', `${requests}, ${errors} of them failed`],
    [
      evidence.ranked !== undefined ? 'mean NDCG' : evidence.error === null ? 'accuracy' : 'mean error',
      accuracyOf(evidence),
    ],
    ['evidence', record.evidence ?? ''],
  );
  for (const { column, requests: others } of unread)
    facts.push([`unread ${column}`, `${others} requests were answered by versions that do not read it`]);
  if (notLogged.length > 0) facts.push(['not logged', notLogged.join(', ')]);
  for (const { column, outside, unknown } of odd)
    facts.push([`odd ${column}`, `${outside} outside the range, ${unknown} of an unknown category`]);
  const columns = drift
    .toSorted((a, b) => b.psi - a.psi)
    .map(({ column, psi, lower }) => [column, psi.toFixed(3), lower.toFixed(3)]);
  return [fields(facts), ...reasons, '', table(['COLUMN', 'PSI', 'AT LEAST'], columns, 'no column was compared')].join(
    '\n',
  );
}

/** Of numbers the mean absolute error, of a ranking the mean NDCG of a request. */
function accuracyOf({ cohort, labels, accuracy, ranked, error }: MonitorEvidence): string {
  if (cohort === null) return `not judged: declare release.labels.maturity (${labels} labels came in the window)`;
  const requests = `requests from ${time(new Date(cohort.from))} to ${time(new Date(cohort.to))} UTC`;
  const seen = accuracy ?? error;
  if (seen === null) return `no labels of ${requests}`;
  const { estimate, lower, upper, unlabelled } = seen;
  const text = accuracy === null || ranked !== undefined ? short : roundedPercent;
  const capped = error === null ? '' : `; errors above ${short(error.cap)} count as that`;
  const on =
    ranked === undefined
      ? `${labels} labels of ${requests}, ${unlabelled} have none`
      : `${ranked.judged} ${requests} (${ranked.ordered} of several rows), ${unlabelled} have no label, ${ranked.irrelevant} no relevant row`;
  return `${text(estimate)} (${text(lower)} to ${text(upper)}) on ${on}${capped}`;
}
