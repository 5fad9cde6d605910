import type { Command } from 'commander';
import type { ApprovalRecord } from '../../contracts/run/approval.ts';
import type { Deployment } from '../../contracts/release/deployment.ts';
import { withJson, type JsonOption } from '../arguments.ts';
import { withPorts } from '../context.ts';
import { requireModel } from '../known-models.ts';
import { clientOf, endOfRun } from '../run-end.ts';
import { roundedPercent, print, table, time } from '../output.ts';
import { whatDiffers } from '../what-differs.ts';

export function auditCommand(program: Command): void {
  withJson(program.command('audit'))
    .argument('<model>', 'name of a model')
    .description(
      'which version served when, who decided what, and every run; from the store, also what the server has forgotten',
    )
    .action((model: string, options: JsonOption) =>
      withPorts(async (context) => {
        const { ports } = context;
        const deployments = await ports.registry.deploymentHistory(model);
        const records = await ports.registry.runs(model);
        if (records.length === 0) await requireModel(context, model);
        const approvals: (ApprovalRecord & { run: string })[] = [];
        for (const { run } of records) {
          for (const approval of await ports.registry.approvals(model, run.id))
            approvals.push({ run: run.id, ...approval });
        }
        const client = await clientOf(context);
        const runs = await Promise.all(
          records.map(async (record) => ({ ...record, ended: await endOfRun(client, record.run.id, record) })),
        );
        const differences = await ports.verifier.record(model);
        print(options, { model, differences, deployments, approvals, runs }, () =>
          [
            ...whatDiffers(model, differences),
            `Traffic\n${table(['SEQ', 'AT (UTC)', 'CHAMPION', 'CANARY', 'SHADOW', 'BY', 'REASON', 'BY FORCE, IN SPITE OF'], deployments.toReversed().map(rowOf), 'nothing was ever deployed')}`,
            `Decisions\n${table(
              ['AT (UTC)', 'DECISION', 'BY', 'VIA', 'RUN', 'REASON'],
              approvals.map(({ at, decision, by, via, run, reason }) => [time(at), decision, by, via, run, reason]),
              'nobody ever decided',
            )}`,
            `Runs\n${table(
              ['STARTED (UTC)', 'RUN', 'OUTCOME', 'VERSION', 'REASON'],
              runs.map(({ run, ended: { outcome, version, reason } }) => [
                time(run.startedAt),
                run.id,
                outcome,
                String(version ?? ''),
                reason,
              ]),
              'there was no run',
            )}`,
          ].join('\n\n'),
        );
      }),
    );
}

const rowOf = ({ seq, at, champion, canary, shadow, actor, reason, forced }: Deployment): string[] => [
  String(seq),
  time(at),
  champion === null ? 'none' : String(champion),
  canary === null ? '' : `${canary.version} (${roundedPercent(canary.share)})`,
  shadow === null ? '' : String(shadow.version),
  actor,
  reason,
  forced.map(({ version, objection }) => `${version}: ${objection}`).join('; '),
];
