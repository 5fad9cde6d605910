import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive, noteInLock, readLock, takeLock } from '../config/set-up-scripts.ts';

/** What the lock of the embedded server tells: who supervises it, and where it answers. */
export interface ServerNotes {
  address: string;
  uiUrl: string;
  server: { pid: number; start: string | null };
}

export interface ServerLock {
  note(notes: ServerNotes): void;
  release(): void;
}

const lockPath = (home: string): string => join(home, 'temporal.lock');

/** The embedded server that runs on this home; null where none does. */
export function runningServer(home: string): (ServerNotes & { pid: number }) | null {
  const found = readLock<ServerNotes>(lockPath(home));
  if (found === null || !isAlive(found)) return null;
  const { address, uiUrl, server, pid } = found;
  return address === undefined || uiUrl === undefined || server === undefined ? null : { address, uiUrl, server, pid };
}

/**
 * One server per database file: a second one would start without a word and steal the shard. Throws where a living process
 * has it. What an ended one left running is ended first.
 */
export async function lockServer(home: string): Promise<ServerLock> {
  const path = lockPath(home);
  const lock = takeLock<ServerNotes>(path);
  if (!lock.held) {
    const { pid, address = 'an address that is not known yet', uiUrl } = lock.by;
    throw new Error(
      `process ${pid} runs an embedded Temporal server on ${home} already, at ${address}${uiUrl === undefined ? '' : ` (${uiUrl})`}: ` +
        `use that one, end it, or choose another folder with PAWL_HOME`,
    );
  }
  const orphan = lock.stale?.server;
  if (orphan !== undefined) await endOrphan(orphan);
  return {
    note: (notes) => noteInLock<ServerNotes>(path, lock, notes),
    release: () => lock.release(),
  };
}

async function endOrphan(orphan: ServerNotes['server']): Promise<void> {
  for (const [signal, patienceMs] of [
    ['SIGTERM', 5_000],
    ['SIGKILL', 5_000],
  ] as const) {
    if (!isAlive(orphan)) return;
    process.kill(orphan.pid, signal);
    for (let waited = 0; waited < patienceMs && isAlive(orphan); waited += 50) await delay(50);
  }
}
