import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { analysisEvidenceSchema } from '../../contracts/evidence/release.ts';
import type { RunResult } from '../../contracts/run/run.ts';
import { severityOf, type Check, type Verdict } from '../../contracts/verdict.ts';
import type { OpenedPorts } from '../../ports/open-ports.ts';
import type { Platform } from '../../workers/supervise.ts';
import type { Printer } from './printer.ts';
import type { Chapter } from './story.ts';
import { sumTraffic } from './traffic-memory.ts';
import type { DemoCounts } from './traffic.ts';

export interface Told {
  results: { chapter: Chapter; result: RunResult; retold: boolean }[];
  /** What was asked and answered, by session of the demo. */
  sessions: DemoCounts[];
}

const model = 'employment';

/** Prints what happened, and returns what should have been otherwise. Addresses are named only where what answers there `staysUp`. */
export async function printSummary(
  { results, sessions }: Told,
  ports: OpenedPorts,
  platform: Platform,
  printer: Printer,
  { ms, staysUp }: { readonly ms: number; readonly staysUp: boolean },
): Promise<string[]> {
  printer.title(`What happened in ${(ms / 1000).toFixed(0)} s`);
  await printVersions(ports, printer);
  const traffic = sumTraffic(sessions);
  for (const { chapter, result } of results) await printRun(chapter, result, traffic, ports, printer);
  printTraffic(traffic, printer);
  await printPlaces(results, ports, platform, printer, staysUp);

  const rejected = results.filter(({ result }) => result.outcome === 'rejected');
  const disappointments = results.flatMap(({ chapter, result }) => {
    // A person may decide otherwise than the story goes.
    const why = result.outcome === 'rejected' ? null : chapter.disappointment(result);
    return why === null ? [] : [`${chapter.title}: ${why}`];
  });
  disappointments.push(...lostTraffic(traffic));
  printer.line('');
  for (const { chapter, result } of rejected)
    printer.line(`${chapter.title}: ${result.reason}, so the story went another way.`);
  if (disappointments.length === 0 && rejected.length === 0)
    printer.line(printer.paint('green', 'All of it went as it should.'));
  for (const why of disappointments) printer.line(printer.paint('red', `NOT as it should: ${why}`));
  return disappointments;
}

async function printVersions(ports: OpenedPorts, printer: Printer): Promise<void> {
  const champion = (await ports.registry.currentDeployment(model))?.champion ?? null;
  const rows = (await ports.registry.versions(model)).map((version) => [
    `version ${version.version}`,
    version.version === champion ? printer.paint('green', 'champion') : 'not serving',
    version.candidate.variant,
    version.candidate.model.slice(0, 19),
    version.run,
  ]);
  printer.table(rows);
}

async function printRun(
  chapter: Chapter,
  result: RunResult,
  traffic: DemoCounts,
  ports: OpenedPorts,
  printer: Printer,
): Promise<void> {
  printer.title(`${chapter.title} -> ${result.outcome}`, result.reason);
  const rows: string[][] = [['gate', 'verdict', 'check', 'observed', 'limit']];
  for (const { stage, status, evidence } of result.verdicts) {
    const { verdict } = JSON.parse(new TextDecoder().decode(await ports.store.getBlob(evidence))) as {
      verdict?: Verdict;
    };
    const telling = (verdict?.checks ?? []).toSorted(tellingFirst).slice(0, 3);
    if (telling.length === 0) rows.push([stage, printer.status(status), '', '', '']);
    for (const [index, check] of telling.entries())
      rows.push([
        index === 0 ? stage : '',
        index === 0 ? printer.status(status) : '',
        check.name,
        display(check.observed),
        display(check.limit),
      ]);
  }
  printer.table(rows);
  const approval = await ports.registry.approval(model, chapter.id);
  if (approval !== null) printer.line(`  ${approval.decision} by ${approval.by} (${approval.via}): ${approval.reason}`);
  const release = (await ports.registry.run(chapter.id))?.release ?? null;
  if (release === null) return;
  printer.line(`  release: ${release.outcome} after ${release.analyses} analyses`);
  if (release.rollbackMs !== null)
    printer.line(`  rollback: the deployment record changed ${release.rollbackMs} ms after the verdict`);
  if (release.evidence !== null) {
    const analysis = await ports.store.getBlob(release.evidence);
    const { observation, version, at } = analysisEvidenceSchema.parse(JSON.parse(new TextDecoder().decode(analysis)));
    const { paired } = observation;
    const lastAt = traffic.versions[version]?.lastAt;
    if (release.outcome === 'rolledBack' && lastAt !== undefined)
      printer.line(`  the last answer of version ${version} came ${lastAt - at} ms after the verdict`);
    printer.line(
      `  ${paired.labels} mirrored requests with labels: champion right ${share(paired.championRight, paired.labels)}, this version ${share(paired.canaryRight, paired.labels)}`,
    );
  }
}

function printTraffic(counts: DemoCounts, printer: Printer): void {
  printer.title('Traffic');
  const failed = Object.values(counts.errors).reduce((sum, count) => sum + count, 0);
  const rows = [
    ['requests', String(counts.requests), `${failed} without an answer`],
    ['labels', String(counts.labels), `${counts.labelErrors} not accepted, ${counts.labelsDue} still due`],
    ...Object.entries(counts.versions).map(([version, { answers }]) => [
      `version ${version}`,
      String(answers),
      'answers',
    ]),
  ];
  printer.table(rows);
  for (const [reason, count] of Object.entries(counts.errors)) printer.line(`  ${count} x ${reason}`);
}

async function printPlaces(
  results: Told['results'],
  ports: OpenedPorts,
  { addresses, home }: Platform,
  printer: Printer,
  staysUp: boolean,
): Promise<void> {
  printer.title('Where to look');
  const rows = [
    ...(staysUp
      ? [
          ['Web UI', addresses.ui ?? 'none'],
          ['Gateway', `${addresses.gateway.http}/v2/models/${model}`],
        ]
      : []),
    ['Store', addresses.store],
  ];
  for (const [index, { result }] of results.entries())
    if (result.report !== null) {
      const path = join(home, `report-run-${index + 1}.html`);
      await writeFile(path, await ports.store.getBlob(result.report));
      rows.push([`Report ${index + 1}`, path]);
    }
  printer.table(rows);
}

function lostTraffic(counts: DemoCounts): string[] {
  const failed = Object.values(counts.errors).reduce((sum, count) => sum + count, 0);
  return [
    ...(failed > 0 ? [`${failed} of ${counts.requests} requests got no answer`] : []),
    ...(counts.labelErrors > 0 ? [`${counts.labelErrors} labels were not accepted`] : []),
    ...(counts.labels === 0 ? ['no label came back'] : []),
  ];
}

const passed = severityOf({ status: 'pass', required: true });
/** What is only reported tells less than what passed. */
const rank = (check: Check): number =>
  check.status === 'inconclusive' && !check.required ? passed + 0.5 : severityOf(check);
/** The worst first; of those that went equally well, what compares with the champion. */
const tellingFirst = (a: Check, b: Check): number =>
  rank(a) - rank(b) || Number(isComparison(b)) - Number(isComparison(a));
const isComparison = ({ name }: Check): boolean => /\.(better|nonInferior)$/.test(name);
const share = (part: number, whole: number): string =>
  whole === 0 ? 'never' : `${((100 * part) / whole).toFixed(1)} %`;
const display = (value: number | string | null): string =>
  value === null ? '' : typeof value === 'number' && !Number.isInteger(value) ? value.toPrecision(3) : String(value);
