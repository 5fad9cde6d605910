import type { Command } from 'commander';
import type { ModelVersion } from '../../contracts/model/version.ts';
import { modelAtVersion, withJson, type JsonOption } from '../arguments.ts';
import { withPorts } from '../context.ts';
import { fields, roundedPercent, print, table, time } from '../output.ts';
import { statusOf, takenBack } from '../../policy/version-status.ts';
import { trafficShareOf } from '../share-of.ts';
import { whatDiffers } from '../what-differs.ts';
import { firstReason } from '../../contracts/shown-text.ts';

export function showCommand(program: Command): void {
  withJson(program.command('show'))
    .argument('<model@version>', 'a registered version, such as employment@2', modelAtVersion)
    .description('everything about a version: digests, lineage, verdicts, approval')
    .action(({ model, version }: { model: string; version: number }, options: JsonOption) =>
      withPorts(async ({ ports }) => {
        const found = await ports.registry.version(model, version);
        const approval = await ports.registry.approval(model, found.run, found.evidence);
        const deployments = await ports.registry.deploymentHistory(model);
        const history = { deployments, releases: await ports.registry.releases(model) };
        const status = statusOf(version, approval, history);
        const differences = [...(await ports.verifier.version(found)), ...(await ports.verifier.record(model))];
        const value = {
          ...found,
          status,
          share: trafficShareOf(deployments.at(-1) ?? null, version),
          approval,
          differences,
        };
        const back = takenBack(version, history);
        const { candidate, lineage } = found;
        print(options, value, () =>
          [
            ...whatDiffers(model, differences),
            fields([
              ['version', `${model}@${version}`],
              ['status', `${value.status}, ${roundedPercent(value.share)} of traffic`],
              ...(back === null ? [] : [['rolled back', `${time(back.at)} by ${back.actor}: ${back.reason}`] as const]),
              ['created', time(found.created)],
              ['run', found.run],
              ['model', `${candidate.model} (${candidate.variant})`],
              ['fp32', candidate.fp32],
              ['definition', lineage.definition],
              ['dataset', lineage.dataset],
              ['snapshot', lineage.snapshot ?? 'none: it takes tensors'],
              ['training', lineage.training ?? importedOn(lineage)],
              [
                'compared with',
                lineage.champion === null ? 'nothing: it was the first' : `version ${lineage.champion}`,
              ],
              ...(lineage.program === undefined ? [] : [['program', lineage.program] as const]),
              ['code', lineage.code],
              ['evidence', found.evidence],
              [
                'approval',
                approval === null
                  ? 'none yet'
                  : `${approval.decision} by ${approval.by} (${approval.via}): ${approval.reason}`,
              ],
            ]),
            table(
              ['GATE', 'VERDICT', 'EVIDENCE', 'REASON'],
              found.verdicts.map(({ stage, status, evidence, reasons, from }) => [
                stage,
                from === undefined ? status : `${status}, by run ${from}`,
                evidence,
                firstReason(reasons),
              ]),
            ),
            ...found.verdicts.flatMap(({ stage, numbers = [] }) =>
              numbers.length === 0 ? [] : [[stage, ...numbers.map((line) => `  ${line}`)].join('\n')],
            ),
          ].join('\n\n'),
        );
      }),
    );
}

const importedOn = ({ trainedOn, snapshot }: ModelVersion['lineage']): string =>
  trainedOn === undefined
    ? snapshot === null
      ? 'imported'
      : 'imported: nobody told which rows it was trained on'
    : `imported, trained on ${trainedOn.join(', ')}`;
