import { parseArgs } from 'node:util';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { definitionLoaders } from '../config/load-definitions.ts';
import { loadConfig } from '../config/load-config.ts';
import { defaultQueues, wantedProviders, type QueueRole } from '../contracts/names.ts';
import { openPorts } from '../ports/open-ports.ts';
import { endWithParent } from '../ports/end-with-parent.ts';
import { startWorkers } from './worker.ts';
import { keepPrivate } from '../ports/private-files.ts';

/** `workers/main.ts --queues pipeline,release --provider auto`: polls until SIGTERM, SIGINT, or the end of the parent that started it. */
const { values } = parseArgs({
  options: {
    queues: { type: 'string', default: Object.keys(defaultQueues).join(',') },
    provider: { type: 'string', default: 'auto' },
  },
});
const roles = values.queues.split(',').filter((role): role is QueueRole => role in defaultQueues);
if (roles.length === 0) {
  process.stderr.write(`--queues takes ${Object.keys(defaultQueues).join(', ')}, not "${values.queues}"\n`);
  process.exit(2);
}

const wanted = wantedProviders.find((name) => name === values.provider);
if (wanted === undefined) {
  process.stderr.write(`--provider takes ${wantedProviders.join(', ')}, not "${values.provider}"\n`);
  process.exit(2);
}

keepPrivate();
/** What it may take to end in order when its parent is gone: the grace of its activities, and a little. */
const orphanMs = 8_000;
endWithParent(orphanMs);
let orphaned = false;
process.once('disconnect', () => (orphaned = true));
Runtime.install({ logger: new DefaultLogger('WARN'), shutdownSignals: [] });
const config = loadConfig();
const ports = openPorts(config, definitionLoaders(config), wanted);
const provider = roles.includes('gpu') ? await ports.trainer.provider().catch(cannotTrain) : null;
const workers = await startWorkers(config, ports, roles);
if (provider === 'cpu')
  process.stderr.write(`queue ${config.taskQueues.gpu} is served without a GPU: training runs on the CPU provider\n`);
process.stdout.write(`${JSON.stringify({ worker: roles, ...(provider === null ? {} : { provider }) })}\n`);

/** A worker that was told to use a device, and has none, takes no work. */
function cannotTrain(error: unknown): never {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

let stopping = false;
const stop = (): void => {
  if (stopping) return;
  stopping = true;
  void workers.stop();
};
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
process.on('disconnect', stop);
if (orphaned) stop();
await workers.done;
await ports.close();
process.exit(0);
