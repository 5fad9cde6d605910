import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a version has answered so far. */
export interface Answered {
  readonly answers: number;
  /** When its last answer had come, by `performance.now()`; 0 where there is none. */
  readonly lastAt: number;
}

export interface WatchedLoad {
  readonly by: (version: number) => Answered;
  /** Requests so far that were answered with 200, and that were not. */
  readonly totals: () => { answered: number; failed: number };
  /** Ends when all that were sent are answered. */
  stop(): Promise<void>;
}

const sockets = 64;

/**
 * Posts `rate` times a second on a fixed schedule, independent of the answers, each time with another sticky key, and notes which
 * version answered when.
 */
export function watchedLoad(url: string, body: string, rate: number): WatchedLoad {
  const agent = new Agent({ keepAlive: true, maxSockets: sockets });
  const versions = new Map<number, Answered>();
  const by = (version: number): Answered => versions.get(version) ?? { answers: 0, lastAt: 0 };
  const open = new Set<Promise<void>>();
  const state = { sent: 0, answered: 0, failed: 0, ended: false };
  const post = (key: number): Promise<void> =>
    new Promise((resolve) => {
      const headers = {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'x-pawl-key': String(key),
      };
      const fail = (): void => {
        state.failed += 1;
        resolve();
      };
      const call = request(url, { method: 'POST', agent, headers }, (response) => {
        response.resume();
        response.on('error', fail);
        response.on('end', () => {
          if (response.statusCode !== 200) return fail();
          const version = Number(response.headers['x-pawl-version']);
          versions.set(version, { answers: by(version).answers + 1, lastAt: performance.now() });
          state.answered += 1;
          resolve();
        });
      });
      call.on('error', fail);
      call.end(body);
    });
  const begin = performance.now();
  const sending = (async () => {
    while (!state.ended) {
      const due = ((performance.now() - begin) * rate) / 1_000;
      for (; state.sent < due; state.sent++) {
        const posted = post(state.sent);
        open.add(posted);
        void posted.then(() => open.delete(posted));
      }
      await sleep(2);
    }
  })();
  return {
    by,
    totals: () => ({ answered: state.answered, failed: state.failed }),
    async stop() {
      state.ended = true;
      await sending;
      await Promise.all(open);
      agent.destroy();
    },
  };
}
