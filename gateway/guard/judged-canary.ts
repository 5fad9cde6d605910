import type { Deployment, GatewayGuardLimits } from '../../contracts/release/deployment.ts';

/** A canary under the guard of serving processes. */
export interface Judged {
  readonly model: string;
  readonly release: string;
  readonly version: number;
  readonly champion: number;
  readonly guard: GatewayGuardLimits;
  /** Equal for records that name the same canary of the same release, under the same guard. */
  readonly identity: string;
}

/** What serving processes judge under a record; null where they do not. */
export function judgedUnder({ model, release, canary, champion, guard }: Deployment): Judged | null {
  if (release === null || canary === null || champion === null || guard === null) return null;
  const { version } = canary;
  const identity = JSON.stringify([release, version, champion, guard]);
  return { model, release, version, champion, guard, identity };
}

/** The record without its canary: what is in force once a canary is taken out. */
export const withoutCanary = <Record extends Deployment>(record: Record): Record => ({
  ...record,
  canary: null,
  shadow: null,
  release: null,
  guard: null,
});
