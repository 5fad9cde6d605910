import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { PoolRunnerInitializer, PoolWorker } from 'vitest/node';
import { endWithUs } from './process.mjs';

/** One process that runs every test file of this Vitest, run after run, so that what it imported stays. It ends with us. */
export class KeptWorker {
  #child: ChildProcess | undefined;
  #isStarted = false;

  readonly pool: PoolRunnerInitializer = {
    name: 'kept',
    createPoolWorker: ({ distPath, env, execArgv }) => {
      this.#child ??= this.#fork(join(distPath, 'workers/forks.js'), env, execArgv);
      return this.#attach(this.#child);
    },
  };

  #fork(path: string, env: Partial<NodeJS.ProcessEnv>, execArgv: string[]): ChildProcess {
    const child = fork(path, [], { env, execArgv, stdio: 'ignore', serialization: 'advanced', detached: true });
    const guard = child.pid === undefined ? null : endWithUs(child.pid);
    child.setMaxListeners(0);
    child.once('exit', () => {
      guard?.release();
      if (this.#child === child) this.#child = undefined;
    });
    this.#isStarted = false;
    return child;
  }

  /** What Vitest takes for a worker of its own: its start and stop are answered here once the process has started. */
  #attach(child: ChildProcess): PoolWorker {
    const listeners: [string, (arg: unknown) => void][] = [];
    const answer = (type: 'started' | 'stopped'): void => {
      const message = { type, __vitest_worker_response__: true };
      // Vitest listens for the answer only after it has sent.
      setImmediate(() =>
        listeners.filter(([event]) => event === 'message').forEach(([, listener]) => listener(message)),
      );
    };
    return {
      name: 'kept',
      cacheFs: true,
      on: (event, listener) => {
        listeners.push([event, listener]);
        child.on(event, listener);
      },
      off: (event, listener) => void child.off(event, listener),
      send: (message) => {
        const type = '__vitest_worker_request__' in message ? message.type : null;
        if (type === 'stop' || (type === 'start' && this.#isStarted))
          return answer(type === 'stop' ? 'stopped' : 'started');
        if (type === 'start') this.#isStarted = true;
        if (child.connected) child.send(message);
      },
      deserialize: (data) => data,
      start: async () => undefined,
      stop: async () => {
        for (const [event, listener] of listeners) child.off(event, listener);
      },
    };
  }

  /** Ends the process, even if it is busy: the next run starts another. */
  end(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }
}
