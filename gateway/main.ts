import { parseArgs } from 'node:util';
import { loadConfig } from '../config/load-config.ts';
import { definitionLoaders } from '../config/load-definitions.ts';
import { openPorts } from '../ports/open-ports.ts';
import { startGateway } from './gateway.ts';

/**
 * A gateway as a process: `--instance <name> --port <n>`. Prints `{"url","instance","port"}` once it serves; drains and ends
 * with 0 on SIGTERM and SIGINT, and when the parent that started it with an IPC channel is gone.
 */
const { values } = parseArgs({ options: { instance: { type: 'string' }, port: { type: 'string' } } });
const config = loadConfig();
const ports = openPorts(config, definitionLoaders(config));
const gateway = await startGateway({
  config,
  store: ports.store,
  registry: ports.registry,
  inference: ports.inference,
  instance: values.instance,
  port: values.port === undefined ? undefined : Number(values.port),
});

let ending = false;
async function end(): Promise<void> {
  if (ending) return;
  ending = true;
  await gateway.close();
  await ports.close();
  process.exit(0);
}
process.once('SIGTERM', () => void end());
process.once('SIGINT', () => void end());
process.once('disconnect', () => void end());
process.stdout.write(`${JSON.stringify({ url: gateway.url, instance: gateway.instance, port: gateway.port })}\n`);
