import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { parseDocument as parseYaml } from 'yaml';
import type { z } from 'zod';
import { PawlError } from '../contracts/errors.ts';
import { explainIssues, type Elsewhere } from '../contracts/explain-issues.ts';
import { errorTypes } from '../contracts/names.ts';
import { soundPart } from './valid-part.ts';
import { fileConfigSchema, type Config, type FileConfig } from './schema.ts';
import { isCompiled, packageRoot } from './source-tree.ts';

/**
 * Defaults, then `temporal.yaml`, then the environment; nothing else reads `process.env`.
 * `environment.ts` lists the variables. Throws `InvalidConfigError`.
 */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const project = resolve(env.PAWL_PROJECT ?? packageRoot);
  if (!isFolder(project))
    throw new PawlError(errorTypes.invalidConfig, `the project ${project} is not a folder: correct PAWL_PROJECT`);
  const home = resolve(project, env.PAWL_HOME ?? '.pawl');
  const path = resolve(project, env.PAWL_CONFIG ?? 'temporal.yaml');
  if (env.PAWL_CONFIG !== undefined && !isFile(path))
    throw new PawlError(errorTypes.invalidConfig, `the configuration ${path} is not a file: correct PAWL_CONFIG`);
  const file = parseDocument(fileConfigSchema, path, isFile(path) ? readFileSync(path, 'utf8') : '');
  return {
    ...file,
    project,
    models: resolve(project, env.PAWL_MODELS ?? 'models'),
    home,
    store: storeUrl(env.PAWL_STORE ?? file.store, project, home),
    ...temporalConnection(file, env),
    s3: { ...file.s3, endpoint: env.PAWL_S3_ENDPOINT ?? file.s3.endpoint },
    code: codeRevision(),
    execArgs: isCompiled ? [] : ['--import', import.meta.resolve('tsx')],
  };
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;

export interface Reading<T> {
  /** Where a key that the schema does not know belongs. */
  readonly elsewhere?: Elsewhere;
  /** What contradicts itself. */
  readonly faultsOf?: (value: T) => readonly string[];
}

/** Parses YAML by a schema; the error names the file, the place in it and what was wrong. */
export function parseDocument<T extends z.ZodType>(
  schema: T,
  path: string,
  text: string,
  { elsewhere, faultsOf = () => [] }: Reading<z.infer<T>> = {},
): z.infer<T> {
  let value: unknown;
  try {
    value = valueOf(text);
  } catch (error) {
    throw new PawlError(errorTypes.invalidConfig, `${path} is not valid YAML: ${(error as Error).message}`, { path });
  }
  const result = schema.safeParse(value);
  const part = result.success ? null : soundPart(schema, value);
  const faults = result.success
    ? faultsOf(result.data)
    : part === null
      ? []
      : faultsOf(part.value).filter((fault) => !part.isDoubtful(fault));
  const lost = placeOfProto(value, []);
  const lines = [
    ...(lost === null ? [] : [`✖ "${lost}": "__proto__" cannot be a name: rename it`]),
    ...(result.success ? [] : [explainIssues(schema, value, result.error, elsewhere)]),
    ...faults.map((fault) => `✖ ${fault}`),
  ];
  if (!result.success || lines.length > 0)
    throw new PawlError(errorTypes.invalidConfig, `${path}:\n${lines.join('\n')}`, { path });
  return result.data;
}

/** Throws for what is not YAML, for tags that have no meaning here, and for an alias that holds itself. */
function valueOf(text: string): unknown {
  const read = parseYaml(text);
  const [problem] = [...read.errors, ...read.warnings];
  if (problem !== undefined) throw problem;
  const value: unknown = read.toJS() ?? {};
  try {
    JSON.stringify(value);
  } catch {
    throw new Error('an alias (`*name`) lies within what it names: write its value out');
  }
  return value;
}

/** Where a key is `__proto__`, which schemas drop without a word; null where none is. */
function placeOfProto(value: unknown, place: readonly string[]): string | null {
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, inner] of Object.entries(value)) {
    const found = key === '__proto__' ? [...place, key].join('.') : placeOfProto(inner, [...place, key]);
    if (found !== null) return found;
  }
  return null;
}

/** Temporal's own configuration file is read only where a profile is named, so that a stray default cannot redirect the embedded server. */
function temporalConnection(
  file: FileConfig,
  env: NodeJS.ProcessEnv,
): Pick<Config, 'address' | 'namespace' | 'profile' | 'connection'> {
  const profile = env.TEMPORAL_PROFILE ?? file.profile;
  const { connectionOptions, namespace } = loadClientConnectConfig({
    ...(profile === null ? { disableFile: true } : { profile }),
    overrideEnvVars: definedOf(env),
  });
  const address = env.TEMPORAL_ADDRESS ?? file.address ?? connectionOptions.address ?? null;
  return { address, namespace: namespace ?? file.namespace, profile, connection: connectionOptions };
}

const definedOf = (env: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));

function storeUrl(value: string | null, project: string, home: string): string {
  if (value === null) return pathToFileURL(join(home, 'store')).href;
  if (/^(s3|file):\/\/./.test(value)) return value;
  // A mistyped scheme must not become a folder.
  const isPath = /^[./]/.test(value);
  if (value.trim() === '' || (!isPath && /\/\/|^(?!file:)[a-z\d]{2,}:/i.test(value)))
    throw new PawlError(
      errorTypes.invalidConfig,
      `the store ${JSON.stringify(value)} is none that is known: correct PAWL_STORE, or store in the configuration, to s3://bucket/prefix, file:///absolute/path or a folder`,
    );
  return pathToFileURL(resolve(project, value.replace(/^file:/, ''))).href;
}

let revision: string | undefined;

/** The git revision, marked where the tree differs; outside a checkout, a digest of `package.json`. */
function codeRevision(): string {
  revision ??= readRevision();
  return revision;
}

function readRevision(): string {
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', packageRoot, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const dirty = git('status', '--porcelain', '--untracked-files=no') === '' ? '' : '+changes';
    return `git:${git('rev-parse', 'HEAD')}${dirty}`;
  } catch {
    const bytes = readFileSync(join(packageRoot, 'package.json'));
    return `package:${createHash('sha256').update(bytes).digest('hex')}`;
  }
}
