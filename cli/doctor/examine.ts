import { statfs } from 'node:fs/promises';
import { definitionLoaders } from '../../config/load-definitions.ts';
import { loadConfig } from '../../config/load-config.ts';
import type { Config } from '../../config/schema.ts';
import { missingMessage, missingSearchAttributes } from '../../workers/search-attributes.ts';
import { findBinary } from '../../config/set-up-scripts.ts';
import { answers, resolveAddress, withPorts, type Context } from '../context.ts';
import { explain } from '../errors.ts';

export interface Finding {
  readonly check: string;
  /** `absent`: not there, and not needed for every kind of work; `warn`: it works, and something should be known of it. */
  readonly status: 'ok' | 'absent' | 'warn' | 'broken';
  readonly detail: string;
}

type Examination = () => Promise<Omit<Finding, 'check'>>;

const leastFreeBytes = 2 * 1024 ** 3;

/** Looks at everything that the work needs; one thing that is broken does not hide the others. */
export async function examine(): Promise<Finding[]> {
  const findings = [await look('Node', async () => ok(process.version))];
  let config: Config;
  try {
    config = loadConfig();
  } catch (error) {
    return [...findings, { check: 'config', status: 'broken', detail: await explain(error) }];
  }
  findings.push({ check: 'config', status: 'ok', detail: `project ${config.project}, state in ${config.home}` });
  findings.push(await look('free disk', () => examineDisk(config)));
  findings.push(await look('Temporal program', examineBinary));
  for (const model of definitionLoaders(config).list())
    findings.push(await look(`model ${model}`, () => examineModel(config, model)));
  findings.push(examineFeedback(config));
  const address = resolveAddress(config);
  const up = address !== null && (await answers(address));
  await withPorts(async (context) => {
    findings.push(await look('store', () => examineStore(context)));
    if (!up) {
      findings.push({
        check: 'Temporal server',
        status: 'absent',
        detail:
          address === null
            ? `none runs for this project (none is noted in ${config.home}): \`npx pawl up\` starts one`
            : `nothing answers at ${address}: \`npx pawl up\` starts one`,
      });
      return;
    }
    findings.push(await look('Temporal server', () => examineServer(context, address)));
    for (const queue of Object.values(config.taskQueues))
      findings.push(await look(`queue ${queue}`, () => examineQueue(context, queue)));
  }).catch(async (error: unknown) =>
    findings.push({ check: 'adapters', status: 'broken', detail: await explain(error) }),
  );
  return findings;
}

async function look(check: string, examination: Examination): Promise<Finding> {
  try {
    return { check, ...(await examination()) };
  } catch (error) {
    return { check, status: 'broken', detail: await explain(error) };
  }
}

const ok = (detail: string): Omit<Finding, 'check'> => ({ status: 'ok', detail });

async function examineDisk({ project }: Config): Promise<Omit<Finding, 'check'>> {
  const { bavail, bsize } = await statfs(project);
  const free = bavail * bsize;
  const detail = `${(free / 1024 ** 3).toFixed(1)} GB`;
  return free >= leastFreeBytes ? ok(detail) : { status: 'broken', detail: `${detail}: make room` };
}

async function examineBinary(): Promise<Omit<Finding, 'check'>> {
  const found = await findBinary('temporal', { download: false }).catch(() => null);
  if (found === null) return { status: 'absent', detail: 'not fetched yet: `npx pawl up` fetches it' };
  const { path, version, source } = found;
  return ok(`${version ?? ''} ${path} (${source})`.trim());
}

function examineFeedback({ gateway }: Config): Finding {
  const check = 'feedback';
  switch (gateway.feedback.from) {
    case 'anyone':
      return {
        check,
        status: 'warn',
        detail:
          'anybody who reaches the gateway may send labels, so live quality can be forged: set gateway.feedback.from to labellers, and give their clients the role labeller',
      };
    case 'labellers': {
      const names = gateway.clients.filter(({ roles }) => roles.includes('labeller')).map(({ name }) => name);
      if (names.length > 0) return { check, status: 'ok', detail: `labels come from ${names.join(', ')}` };
      return { check, status: 'warn', detail: 'no client has the role labeller: no label can come in' };
    }
    case 'nobody':
      return { check, status: 'ok', detail: 'the gateway takes no labels' };
  }
}

async function examineModel(config: Config, model: string): Promise<Omit<Finding, 'check'>> {
  const { dataset, features, tensors } = definitionLoaders(config).model(model);
  return ok(tensors === undefined ? `${features.length} features of ${dataset}` : 'tensors');
}

async function examineStore({ ports }: Context): Promise<Omit<Finding, 'check'>> {
  const digest = await ports.store.putBlob(new TextEncoder().encode('pawl doctor was here\n'));
  await ports.store.getBlob(digest);
  return ok(`${ports.store.url}: writes and reads`);
}

async function examineServer({ client, config }: Context, address: string): Promise<Omit<Finding, 'check'>> {
  const missing = await missingSearchAttributes(client.connection, config);
  return missing.length === 0
    ? ok(`${address}, namespace ${config.namespace}`)
    : { status: 'broken', detail: missingMessage({ ...config, address }, missing) };
}

/** Workflows and activities, as the server numbers them. */
const queueKinds = [1, 2];

async function examineQueue({ client, config }: Context, queue: string): Promise<Omit<Finding, 'check'>> {
  const described = await Promise.all(
    queueKinds.map((kind) =>
      client.connection.workflowService.describeTaskQueue({
        namespace: config.namespace,
        taskQueue: { name: queue },
        // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- its enum is in a package that is not ours to import
        taskQueueType: kind,
      }),
    ),
  );
  const pollers = new Set(described.flatMap(({ pollers }) => (pollers ?? []).map(({ identity }) => identity)));
  return pollers.size > 0
    ? ok(`polled by ${[...pollers].join(', ')}`)
    : { status: 'absent', detail: 'no worker polls it: `npx pawl worker` starts one' };
}
