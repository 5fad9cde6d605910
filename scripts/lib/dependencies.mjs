import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { say, ticking } from './log.mjs';
import { packageRoot } from './paths.mjs';
import { run } from './process.mjs';

const modules = join(packageRoot, 'node_modules');
const longestInstallMs = 30 * 60_000;
const stampPath = join(modules, '.pawl-stamp.json');

/** Installs the packages where they are missing or are not those of the lock file. Quiet where there is nothing to do. */
export async function installDependencies() {
  if (dependenciesAreCurrent()) return;
  say('installing the packages (1.1 GB, about a minute) ...');
  await ticking(() => `installing the packages: ${countFolders()} folders so far`, installFromLock);
  writeStamp();
  say('the packages are installed');
}

/** Whether `node_modules` holds what the lock file names. */
export function dependenciesAreCurrent() {
  const lock = lockDigest();
  const stamp = readJson(stampPath);
  if (stamp?.lock === lock) return true;
  // Somebody may have run npm by hand: npm's own record tells what it installed.
  const wanted = readJson(join(packageRoot, 'package-lock.json'))?.packages ?? {};
  const present = readJson(join(modules, '.package-lock.json'))?.packages;
  if (present === undefined) return false;
  const same = Object.entries(wanted).every(
    ([path, { version, integrity, optional }]) =>
      path === '' ||
      (present[path] === undefined
        ? optional === true
        : present[path].version === version && present[path].integrity === integrity),
  );
  if (same) writeStamp();
  return same;
}

/**
 * `npm ci` takes exactly what the lock file names. Behind a mirror that lacks the packages of other platforms some versions of npm call
 * the lock file incomplete: then `npm install` takes the same versions, and leaves the lock file as it is.
 */
async function installFromLock() {
  const exact = await npm('ci');
  if (exact.ok) return;
  const { ok, output } = /EUSAGE|from lock file/.test(exact.output) ? await npm('install', '--no-save') : exact;
  if (ok) return;
  throw new Error(
    `${output.trim()}\nThe packages could not be installed. Start again to go on: what was downloaded is kept.`,
  );
}

function npm(...args) {
  const [command, start] = npmCommand();
  return run(command, [...start, ...args, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: packageRoot,
    timeoutMs: longestInstallMs,
  });
}

/** @returns {[string, string[]]} */
function npmCommand() {
  const own = process.env.npm_execpath;
  return own !== undefined && /npm-cli\.c?js$/.test(own) ? [process.execPath, [own]] : ['npm', []];
}

const lockDigest = () =>
  createHash('sha256')
    .update(readFileSync(join(packageRoot, 'package-lock.json')))
    .digest('hex');

const writeStamp = () => writeFileSync(stampPath, `${JSON.stringify({ lock: lockDigest() })}\n`);

const countFolders = () => (existsSync(modules) ? readdirSync(modules).length : 0);

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}
