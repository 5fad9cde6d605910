import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { say, ticking } from './log.mjs';
import { packageRoot } from './paths.mjs';

const modules = join(packageRoot, 'node_modules');
const stampPath = join(modules, '.pawl-stamp.json');

/** Installs the packages where they are missing or are not those of the lock file. Quiet where there is nothing to do. */
export async function installDependencies() {
  if (dependenciesAreCurrent()) return;
  say('installing the packages (1.1 GB, about a minute) ...');
  await ticking(() => `installing the packages: ${countFolders()} folders so far`, npmCi);
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

function npmCi() {
  const [command, args] = npm();
  return new Promise((done, fail) => {
    const child = spawn(command, [...args, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: packageRoot,
      // Stdout is what the caller prints.
      stdio: ['ignore', 2, 2],
    });
    child.on('error', (error) =>
      fail(new Error(`npm could not be started: ${error.message}. Install npm, then start again.`)),
    );
    child.on('close', (code) =>
      code === 0
        ? done()
        : fail(
            new Error(
              `npm ci ended with code ${code}; its message stands above. Start again to go on: what was downloaded is kept.`,
            ),
          ),
    );
  });
}

/** @returns {[string, string[]]} */
function npm() {
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
