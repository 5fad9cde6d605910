import type { Arm } from '../../contracts/release/arm.ts';
import { unitHash } from '../../contracts/unit-hash.ts';
import type { Deployment } from '../../contracts/release/deployment.ts';
import { unavailable } from '../call/http-error.ts';

export interface Split {
  readonly version: number;
  readonly arm: Arm;
  /** Share of the canary in force; 0 where there is none. */
  readonly share: number;
}

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
