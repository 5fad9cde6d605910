import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { madeOnce } from '../log/made-once.ts';

/** Names of the serving processes in the prediction log, by place. One alone has the gateway's own. */
export const namesOf = (instance: string, processes: number): readonly string[] =>
  processes === 1 ? [instance] : Array.from({ length: processes }, (_, k) => `${instance}-${k}`);

/**
 * The gateway's name on every machine: the one that it was given, and 32 random bits of the home, kept in `<home>/gateway/id`. Gateways of
 * several machines that share a store have different homes. Throws `InvalidConfigError` where the file holds something else.
 */
export async function nameOnStore(home: string, given: string): Promise<string> {
  const path = join(home, 'gateway', 'id');
  const id = new TextDecoder().decode(await madeOnce(path, () => Buffer.from(randomBytes(4).toString('hex'))));
  if (/^[0-9a-f]{8}$/.test(id)) return `${given}-${id}`;
  throw new PawlError(
    errorTypes.invalidConfig,
    `${path} must hold the 8 hexadecimal digits that tell this machine's gateways from others: restore it from a copy, or remove it`,
    { path },
  );
}
