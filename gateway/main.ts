import cluster from 'node:cluster';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { loadConfig } from '../config/load-config.ts';
import { noteAddress } from './cluster/address.ts';
import { nameOnStore } from './cluster/names.ts';
import { onPrimaryGone, tellReady } from './cluster/worker.ts';
import { reportToStderr } from './warnings.ts';
import { endWithParent } from '../ports/end-with-parent.ts';
import { keepPrivate } from '../ports/private-files.ts';

/**
 * A gateway as one or several processes: `--instance <name> --port <n> --grpc-port <n> --processes <n>`. Prints
 * `{"url","grpc","instance","port"}` once all of them serve; drains and ends with 0 on SIGTERM and SIGINT, and when the parent
 * that started it with an IPC channel is gone.
 */
const { values } = parseArgs({
  options: {
    instance: { type: 'string', default: 'gateway' },
    port: { type: 'string' },
    'grpc-port': { type: 'string' },
    processes: { type: 'string' },
    // Place among several, from the primary process.
    process: { type: 'string', default: '0' },
  },
});
keepPrivate();
const config = loadConfig();
/** What it may take, beyond the requests in flight, to end when its parent is gone. */
const orphanSpareMs = 5_000;
endWithParent(config.gateway.drain + orphanSpareMs);
const number = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));
const wanted = number(values.processes) ?? config.gateway.processes;
const options = {
  config,
  // A process of several was given the whole name by the primary one.
  instance: cluster.isWorker ? values.instance : await nameOnStore(config.home, values.instance),
  port: number(values.port),
  grpcPort: number(values['grpc-port']),
  processes: wanted === 0 ? availableParallelism() : wanted,
  place: Number(values.process),
  report: reportToStderr,
};

let gateway: { close(): Promise<void> } | null = null;
let ending = false;
async function end(): Promise<void> {
  if (ending) return;
  ending = true;
  await gateway?.close();
  process.exit(0);
}
process.on('SIGTERM', () => void end());
process.on('SIGINT', () => void end());
if (cluster.isWorker) onPrimaryGone(() => void end());
else process.once('disconnect', () => void end());

// Neither loads what only the other needs: the primary process holds no model and no server.
const started =
  cluster.isPrimary && options.processes > 1
    ? await (await import('./cluster/primary.ts')).startPrimary(options)
    : await (await import('./cluster/serve.ts')).serve(options);
gateway = started;
if (cluster.isWorker) tellReady(started.ready);
else {
  await noteAddress(config.home, { instance: options.instance, url: started.ready.url });
  process.stdout.write(`${JSON.stringify(started.ready)}\n`);
}
