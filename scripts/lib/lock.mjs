import { readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createHash, randomBytes } from 'node:crypto';
import { isAlive, thisProcess } from './process.mjs';

/**
 * What the lock says; null where there is none. A lock is a symbolic link whose target is its text: a link is made whole or not at
 * all, and needs no room on a full disk.
 */
export function readLock(path) {
  const text = readText(path);
  return text === null ? null : parse(text);
}

/**
 * Takes a lock for this process. Returns `{ held: false, by }` where a living process has it. A lock whose process has
 * ended is taken over. `notes` are written into it for others to read.
 */
export function takeLock(path, notes = {}) {
  const mine = { ...thisProcess(), ...notes };
  const held = (stale) => ({ held: true, by: mine, stale, release: () => dropLock(path, mine) });
  for (;;) {
    if (createWith(path, mine)) return held(null);
    const text = readText(path);
    if (text === null) continue;
    const found = parse(text);
    if (found !== null && isAlive(found)) return { held: false, by: found };
    const heir = takeOver(path, text, mine);
    if (heir === null) return held(found);
    if (heir !== 'again') return { held: false, by: heir };
  }
}

/** Changes what a lock of ours says. */
export function noteInLock(path, lock, notes) {
  replaceWith(path, { ...lock.by, ...notes });
}

function replaceWith(path, content) {
  const partial = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  symlinkSync(JSON.stringify(content), partial);
  renameSync(partial, path);
}

function createWith(path, content) {
  try {
    symlinkSync(JSON.stringify(content), path);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Replaces the lock of an ended process by ours. Only the process that made the claim named after the stale lock may do so:
 * moving the lock away instead would let a third process in between. A claim whose own process has ended is claimed in turn.
 * Returns null where the lock is ours, the living process that is about to have it, or `again` where the lock changed meanwhile.
 */
function takeOver(path, stale, mine) {
  const claims = [];
  for (let ended = stale; ;) {
    const claim = `${path}.after.${createHash('sha256').update(ended).digest('hex').slice(0, 16)}`;
    claims.push(claim);
    if (createWith(claim, mine)) break;
    const other = readText(claim);
    if (other === null) return 'again';
    const found = parse(other);
    if (found !== null && isAlive(found)) return found;
    ended = other;
  }
  // A stale lock never comes back: where it is still there, nobody else can replace it while our claim is there.
  const same = readText(path) === stale;
  if (same) replaceWith(path, mine);
  for (const claim of same ? claims : claims.slice(-1)) rmSync(claim, { force: true });
  return same ? null : 'again';
}

/** Null where there is nothing; empty where there is no link. */
function readText(path) {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    if (error.code === 'EINVAL') return '';
    throw error;
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function dropLock(path, { pid, start }) {
  const found = readLock(path);
  if (found?.pid === pid && found.start === start) rmSync(path, { force: true });
}
