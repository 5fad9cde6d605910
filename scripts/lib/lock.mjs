import { closeSync, linkSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { isAlive, thisProcess } from './process.mjs';

/** What the lock file says; null where there is none. */
export function readLock(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

/**
 * Takes a lock file for this process. Returns `{ held: false, by }` where a living process has it. A lock whose process has
 * ended is taken over. `notes` are written into it for others to read.
 */
export function takeLock(path, notes = {}) {
  const mine = { ...thisProcess(), ...notes };
  for (;;) {
    if (createWith(path, mine)) return { held: true, by: mine, stale: null, release: () => dropLock(path, mine) };
    const found = readLock(path);
    if (found !== null && isAlive(found)) return { held: false, by: found };
    const taken = takeStale(path, found);
    if (taken && createWith(path, mine))
      return { held: true, by: mine, stale: found, release: () => dropLock(path, mine) };
  }
}

/** Changes what a lock of ours says. */
export function noteInLock(path, lock, notes) {
  const text = JSON.stringify({ ...lock.by, ...notes });
  const partial = `${path}.${process.pid}`;
  const file = openSync(partial, 'w');
  writeSync(file, text);
  closeSync(file);
  renameSync(partial, path);
}

function createWith(path, content) {
  // Written beside and linked, so that nobody ever reads half a lock.
  const partial = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const file = openSync(partial, 'wx');
  writeSync(file, JSON.stringify(content));
  closeSync(file);
  try {
    linkSync(partial, path);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(partial);
  }
}

/** Moves a stale lock away. Where someone else has replaced it meanwhile, theirs is put back. */
function takeStale(path, stale) {
  const away = `${path}.stale.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    renameSync(path, away);
  } catch {
    return false;
  }
  const moved = readLock(away);
  const same = moved?.pid === stale?.pid && moved?.start === stale?.start;
  if (!same) {
    try {
      linkSync(away, path);
    } catch {
      // A third one has it by now.
    }
  }
  rmSync(away);
  return same;
}

function dropLock(path, { pid, start }) {
  const found = readLock(path);
  if (found?.pid === pid && found.start === start) rmSync(path, { force: true });
}
