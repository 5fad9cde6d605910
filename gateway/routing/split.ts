import type { Deployment } from '../../contracts/deployment.ts';
import type { Arm } from '../../contracts/prediction-log.ts';
import { unavailable } from '../http-error.ts';

export interface Split {
  readonly version: number;
  readonly arm: Arm;
  /** Share of the canary in force; 0 where there is none. */
  readonly share: number;
}

/**
 * Uniform in [0, 1) by the 53 bits of cyrb53 (two multiply-xor lanes over the UTF-16 units of `<salt>/<key>`), equal in every
 * gateway. Not cryptographic: the salt keeps releases independent of each other, not secret.
 */
export function unitHash(salt: string, key: string): number {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < salt.length; i++) {
    const unit = salt.charCodeAt(i);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  a = Math.imul(a ^ slash, 2654435761);
  b = Math.imul(b ^ slash, 1597334677);
  for (let i = 0; i < key.length; i++) {
    const unit = key.charCodeAt(i);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return (4294967296 * (2097151 & b) + (a >>> 0)) / 2 ** 53;
}

const slash = 47;

/**
 * The version that answers a sticky key: the canary where the key's hash is below its share, so that a key in the canary at
 * 5 % is in it at 25 % too. Throws `HttpError` 503 where no version serves.
 */
export function routeKey(record: Deployment, key: string): Split {
  const { canary } = record;
  if (record.champion !== null && canary !== null && unitHash(record.salt, key) < canary.share)
    return { version: canary.version, arm: 'canary', share: canary.share };
  return { version: championOf(record), arm: 'champion', share: canary?.share ?? 0 };
}

/** Throws `HttpError` 503. */
export function championOf({ model, champion, canary, shadow }: Deployment): number {
  if (champion !== null) return champion;
  const waiting = canary?.version ?? shadow?.version;
  throw unavailable(
    `model "${model}" has no champion yet${waiting === undefined ? '' : `: version ${waiting} is still being released`}`,
  );
}

/**
 * The version that gets a copy of a request that `answered` served: the shadow for the champion's requests, and the other
 * way round (the champion, or the previous one once the shadow has become champion). Null where none does. Which requests are
 * copied is drawn by request id, independently of the split.
 */
export function mirrorVersion(record: Deployment, answered: number, id: string): number | null {
  const { shadow, champion, previous } = record;
  if (shadow === null) return null;
  const counterpart = champion === shadow.version ? previous : champion;
  const other = answered === shadow.version ? counterpart : shadow.version;
  if (other === null || other === answered) return null;
  if (answered !== shadow.version && answered !== counterpart) return null;
  return unitHash(record.salt, `mirror/${id}`) < shadow.sample ? other : null;
}
