import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync, rmSync } from 'node:fs';
import { mkdir, rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { privateFolder } from '../../ports/private-files.ts';

/** Locks that this process holds. */
const held = new Set<string>();

/**
 * Makes sure that one process alone writes an instance's log; a lock whose process is gone is taken over. Returns what lets go of it.
 * The lock is a symbolic link whose target says whose it is: that needs no room, so a full disk keeps nobody from starting. Throws
 * `InvalidConfigError`.
 */
export async function lockInstance(folder: string, instance: string): Promise<() => void> {
  await mkdir(folder, { recursive: true, mode: privateFolder });
  const path = join(folder, 'lock.json');
  if (held.has(path)) throw taken(folder, instance);
  held.add(path);
  try {
    // A link is made whole or not at all: of two that start at once, one finds the other's.
    while (!(await linked(JSON.stringify({ pid: process.pid, started: startOf(process.pid) }), path))) {
      if (isHeldElsewhere(path)) throw taken(folder, instance);
      await removeStale(path, join(folder, `lock.${process.pid}.${randomUUID()}`));
    }
  } catch (error) {
    held.delete(path);
    throw error;
  }
  return () => {
    held.delete(path);
    rmSync(path, { force: true });
  };
}

const taken = (folder: string, instance: string): PawlError =>
  new PawlError(
    errorTypes.invalidConfig,
    `a gateway named "${instance}" is already running in ${folder}: give this one another --instance`,
    { instance },
  );

async function linked(holder: string, path: string): Promise<boolean> {
  try {
    await symlink(holder, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Takes a lock away that nobody holds. Where somebody took it over in between, it is put back. */
async function removeStale(path: string, aside: string): Promise<void> {
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (isHeldElsewhere(aside)) await linked(readlinkSync(aside), path);
  rmSync(aside, { force: true });
}

function isHeldElsewhere(path: string): boolean {
  const holder = holderOf(path);
  if (holder === null || holder.pid === process.pid) return false;
  const { pid, started } = holder;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return startOf(pid) === started;
}

/** Null where there is no lock of ours. */
function holderOf(path: string): { pid: number; started: string } | null {
  try {
    return JSON.parse(readlinkSync(path)) as { pid: number; started: string };
  } catch {
    return null;
  }
}

/** Tells a process from a later one with the same number, where `/proc` exists; empty elsewhere. */
function startOf(pid: number): string {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    // A killed process that nobody has reaped yet writes nothing any more.
    return fields[0] === 'Z' ? '' : (fields[19] ?? '');
  } catch {
    return '';
  }
}
