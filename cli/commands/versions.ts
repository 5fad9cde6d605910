import type { Command } from 'commander';
import { withJson, type JsonOption } from '../arguments.ts';
import { withPorts } from '../context.ts';
import { requireModel } from '../known-models.ts';
import { roundedPercent, print, shortDigest, table, time } from '../output.ts';
import { statusOf } from '../../policy/version-status.ts';
import { trafficShareOf } from '../share-of.ts';

export function versionsCommand(program: Command): void {
  withJson(program.command('versions'))
    .argument('<model>', 'name of a model')
    .description('the registered versions, newest first, and what traffic each has')
    .action((model: string, options: JsonOption) =>
      withPorts(async (context) => {
        const { ports } = context;
        const versions = await ports.registry.versions(model);
        await requireModel(context, model);
        const deployments = await ports.registry.deploymentHistory(model);
        const history = { deployments, releases: await ports.registry.releases(model) };
        const approvals = await Promise.all(
          versions.map(({ run, evidence }) => ports.registry.approval(model, run, evidence)),
        );
        const rows = versions.toReversed().map(({ version, candidate, created, run }, i) => ({
          version,
          status: statusOf(version, approvals.at(-1 - i) ?? null, history),
          share: trafficShareOf(deployments.at(-1) ?? null, version),
          digest: candidate.model,
          created,
          run,
        }));
        print(options, rows, () =>
          table(
            ['VERSION', 'STATUS', 'TRAFFIC', 'DIGEST', 'CREATED', 'RUN'],
            rows.map(({ version, status, share, digest, created, run }) => [
              String(version),
              status,
              roundedPercent(share),
              shortDigest(digest),
              time(created),
              run,
            ]),
            `"${model}" has no version yet: \`pawl run ${model}\` makes one`,
          ),
        );
      }),
    );
}
