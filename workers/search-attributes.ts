import type { ConnectionLike } from '@temporalio/client';
import { encodeSearchAttributeIndexedValueType } from '@temporalio/common/lib/search-attributes.js';
import type { Config } from '../config/schema.ts';
import { PawlError } from '../contracts/errors.ts';
import { errorTypes, searchAttributes } from '../contracts/names.ts';

/** The attributes that Pawl's workflows set, and their types as `temporal operator search-attribute create` names them. */
export const ownSearchAttributes = {
  [searchAttributes.model]: 'Keyword',
  [searchAttributes.stage]: 'Keyword',
  [searchAttributes.verdict]: 'Keyword',
  [searchAttributes.version]: 'Int',
} as const;

type Name = keyof typeof ownSearchAttributes;

/** What each attribute holds. */
export const searchAttributeMeanings: Readonly<Record<Name, string>> = {
  [searchAttributes.model]: 'Name of the model.',
  [searchAttributes.stage]: 'Stage of a run, phase of a release, `rollback` or `monitor`.',
  [searchAttributes.verdict]: 'Latest verdict: `pass`, `warn`, `fail` or `inconclusive`.',
  [searchAttributes.version]:
    'Number of the version that was registered or is released; after a rollback, of the one that serves.',
};

type Place = Pick<Config, 'address' | 'namespace'>;

const names = Object.keys(ownSearchAttributes) as Name[];

/** Those of Pawl's search attributes that the namespace lacks. Throws the server's error where it cannot be asked. */
export async function missingSearchAttributes(
  { operatorService }: ConnectionLike,
  { namespace }: Pick<Config, 'namespace'>,
): Promise<Name[]> {
  const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
  return names.filter((name) => customAttributes?.[name] === undefined);
}

/** What is wrong where some are missing, with the two commands that make them. */
export const missingMessage = ({ address, namespace }: Place, missing: readonly Name[]): string =>
  `${address}: namespace ${namespace} lacks the search attributes ${missing.join(', ')}: run \`npx pawl setup-namespace\`, or \`temporal operator search-attribute create --address ${address} --namespace ${namespace} ${missing.map((name) => `--name ${name} --type ${ownSearchAttributes[name]}`).join(' ')}\``;

/**
 * Throws `InvalidConfigError` where the namespace lacks some: no workflow of ours would get past its first task there. A server that
 * does not let this client ask is reported to `warn`, for it may well have them.
 */
export async function requireSearchAttributes(
  connection: ConnectionLike,
  place: Place,
  warn: (text: string) => void,
): Promise<void> {
  const missing = await missingSearchAttributes(connection, place).catch((error: Error & { code?: number }) => {
    if (error.code !== permissionDenied && error.code !== unimplemented) throw error;
    warn(
      `${place.address} does not say which search attributes namespace ${place.namespace} has: it must have ${names.join(', ')}`,
    );
    return [];
  });
  if (missing.length > 0) throw new PawlError(errorTypes.invalidConfig, missingMessage(place, missing), { ...place });
}

const permissionDenied = 7;
const unimplemented = 12;

/** Makes those that are missing, and returns their names. A second call makes none. */
export async function makeSearchAttributes(
  connection: ConnectionLike,
  { namespace }: Pick<Config, 'namespace'>,
): Promise<Name[]> {
  const missing = await missingSearchAttributes(connection, { namespace });
  if (missing.length > 0) await addSearchAttributes(connection, { namespace }, missing);
  return missing;
}

/** Makes these, by default all, without a question: a time-skipping server answers none. */
export async function addSearchAttributes(
  { operatorService }: ConnectionLike,
  { namespace }: Pick<Config, 'namespace'>,
  these: readonly Name[] = names,
): Promise<void> {
  const types = these.map((name) => [
    name,
    encodeSearchAttributeIndexedValueType(ownSearchAttributes[name] === 'Int' ? 'INT' : 'KEYWORD') ?? 0,
  ]);
  await operatorService.addSearchAttributes({ namespace, searchAttributes: Object.fromEntries(types) });
}
