/**
 * Appends to a prediction log until it is killed. Arguments: home, store, and `both` or `durable`. Prints the id of each entry once it is
 * acknowledged as durable; with `both`, entries that nobody waits for are appended in between, and refusals are printed as `refused <id>`.
 */
import { loadConfig } from '../../config/load-config.ts';
import { PredictionSpool } from '../../gateway/log/prediction-spool.ts';
import { createFileStore } from '../../ports/artifact-store/file.ts';
import { createCopySealer, instance, predictionOf } from './log-world.ts';

const [home = '', url = '', kind = ''] = process.argv.slice(2);
const config = loadConfig({ PAWL_HOME: home, PAWL_STORE: url });
const spool = await PredictionSpool.open({
  config: { ...config, gateway: { ...config.gateway, log: { ...config.gateway.log, sealEvery: 200 } } },
  store: createFileStore(url),
  sealer: createCopySealer(),
  instance,
  report: () => {},
});

async function client(name: number): Promise<void> {
  for (let n = 0; ; n += 1) {
    const id = `${name}-${n}`;
    try {
      if (kind === 'both') spool.append(predictionOf(`fast-${id}`), false);
      await spool.append(predictionOf(id), true);
      process.stdout.write(`${id}\n`);
    } catch {
      process.stdout.write(`refused ${id}\n`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
await Promise.all(Array.from({ length: 16 }, (_, name) => client(name)));
