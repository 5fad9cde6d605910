import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { buildCode, codeIsCurrent } from './build.mjs';
import { dependenciesAreCurrent, installDependencies } from './dependencies.mjs';
import { findBinary } from './find-binary.mjs';
import { takeLock } from './lock.mjs';
import { say } from './log.mjs';
import { cacheFolder } from './paths.mjs';

/** Makes everything that the given work needs be there. Two starts at once do not collide: the second waits. */
export async function setUp({ binaries = ['temporal'] } = {}) {
  if (dependenciesAreCurrent() && codeIsCurrent() && (await allHere(binaries))) return;
  mkdirSync(cacheFolder(), { recursive: true, mode: 0o700 });
  const lock = await waitForLock(join(cacheFolder(), 'set-up.lock'));
  try {
    await installDependencies();
    await buildCode();
    for (const name of binaries) {
      const { path, version, source } = await findBinary(name);
      say(`${name}${version ? ` ${version}` : ''} is ready: ${path} (${source})`);
    }
  } finally {
    lock.release();
  }
}

async function allHere(names) {
  for (const name of names) {
    const found = await findBinary(name, { download: false }).catch(() => null);
    if (found === null) return false;
  }
  return true;
}

async function waitForLock(path) {
  let told = false;
  for (;;) {
    const lock = takeLock(path);
    if (lock.held) return lock;
    if (!told) say(`another set-up is under way (process ${lock.by.pid}): waiting for it`);
    told = true;
    await delay(500);
  }
}

/** Runs the work of a script, which may return its exit code: an error is one clear message, no stack. */
export async function main(work) {
  try {
    const code = await work();
    if (typeof code === 'number') process.exitCode = code;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
