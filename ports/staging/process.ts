import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Config } from '../../config/schema.ts';
import { memoryMb, startGatewayProcess } from './gateway-process.ts';
import { watchMachine } from './machine-load.ts';
import { postOpenLoop } from './post-open-loop.ts';
import type { StagingHost } from './port.ts';
import { stageModel } from '../stage-model.ts';

/** Requests, and their time, that are not measured: connections, caches and the compiler settle. */
const warmUpMs = 1_000;

export interface StagingHostOptions {
  readonly config: Pick<Config, 'project' | 'execArgs'>;
}

/** A staging host on this machine: each benchmark has a store, a home and a gateway process of its own, gone afterwards. */
export function createStagingHost({ config }: StagingHostOptions): StagingHost {
  return {
    async benchmark(job, signal) {
      signal.throwIfAborted();
      if (job.requests.length === 0) throw new Error(`there are no requests to ask "${job.model}"`);
      const home = await mkdtemp(join(tmpdir(), 'pawl-staging-'));
      try {
        const store = pathToFileURL(join(home, 'store')).href;
        await stageModel(store, job.model, job.bytes);
        const gateway = await startGatewayProcess(config, { home, store }, signal);
        try {
          const load = {
            url: `${gateway.url}/v2/models/${job.model}/infer`,
            bodies: job.requests,
            rate: job.rate,
            signal,
          };
          await postOpenLoop({ ...load, durationMs: Math.min(warmUpMs, job.durationMs) });
          const before = await memoryMb(gateway.pid);
          const machine = await watchMachine(gateway.pid);
          const measured = await postOpenLoop({ ...load, durationMs: job.durationMs, onSent: job.onSent });
          // A candidate that brings the process down shows in the errors; its memory is then what it was before.
          const after = await memoryMb(gateway.pid).catch(() => before);
          return { ...measured, memoryMb: Math.max(before, after), machine: await machine() };
        } finally {
          await gateway.stop();
        }
      } finally {
        await rm(home, { recursive: true, force: true });
      }
    },
  };
}
