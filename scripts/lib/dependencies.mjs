import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
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
  if (clearUnfinished()) say('an earlier installation was cut short: its packages come again from what was downloaded');
  await ticking(installProgress, installFromLock);
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

/** How npm calls the folder that it moves a package to while it replaces it: always by the same name, so that the next move fails. */
const movedAway = /^\..+-[A-Za-z0-9]{8}$/;

/**
 * Removes what an installation that was killed left behind: it cannot be told which of its packages are whole, and npm cannot replace
 * them (`ENOTEMPTY`). npm writes its record last, and moves packages away before it replaces them. Returns whether there was any.
 */
export function clearUnfinished() {
  if (!existsSync(modules)) return false;
  const names = readdirSync(modules);
  const scoped = names.filter((name) => name.startsWith('@')).flatMap((scope) => readdirSync(join(modules, scope)));
  const finished = names.includes('.package-lock.json') && ![...names, ...scoped].some((name) => movedAway.test(name));
  if (names.length === 0 || finished) return false;
  for (const name of names) rmSync(join(modules, name), { recursive: true, force: true, maxRetries: 10 });
  return true;
}

/** Packages that are unpacked, of those that the lock file names for this machine. The folders of all are there long before. */
export function installProgress() {
  const { packages = {} } = readJson(join(packageRoot, 'package-lock.json')) ?? {};
  const wanted = Object.keys(packages).filter((path) => path !== '' && fitsMachine(packages[path]));
  const unpacked = wanted.filter((path) => existsSync(join(packageRoot, path, 'package.json')));
  return `installing the packages: ${unpacked.length} of ${wanted.length} are unpacked`;
}

const fitsMachine = ({ os, cpu }) => allows(os, process.platform) && allows(cpu, process.arch);
const allows = (names, ours) =>
  names === undefined ||
  (names.some((name) => name.startsWith('!')) ? !names.includes(`!${ours}`) : names.includes(ours));

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}
