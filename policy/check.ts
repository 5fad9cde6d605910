import type { Check, Status } from '../contracts/verdict.ts';

/** A check that decides: when it is inconclusive, it holds its gate. */
export const check = (
  name: string,
  status: Status,
  observed: Check['observed'],
  limit: Check['limit'],
  message: string,
): Check => ({ name, status, observed, limit, required: true, message });

/** A check that is only reported when it is inconclusive. */
export const reported = (
  name: string,
  status: Status,
  observed: Check['observed'],
  limit: Check['limit'],
  message: string,
): Check => ({ name, status, observed, limit, required: false, message });

/** Four significant digits for a sentence. */
export const short = (value: number): string => String(Number(value.toPrecision(4)));

/** A share as percent, for a sentence. */
export const percent = (share: number): string => `${short(share * 100)} %`;

/** What a bounded loss counts as at most, for a sentence; empty where nothing is above it. */
export const cappedAt = (most: number | null): string =>
  most === null ? '' : ` (one above ${short(most)} counts as that)`;

/** What follows from missing evidence, for a sentence, by the status of its check. */
export const missingWords: Readonly<Record<Status, string>> = {
  pass: '',
  inconclusive: 'held until there are more',
  warn: 'the policy goes on without',
  fail: 'the time is over, and the policy goes back',
  skipped: '',
};

/** Whether there is as much of something as is needed, else `missing`. */
export function enough(name: string, observed: number, limit: number, what: string, missing: Status): Check {
  const status = observed >= limit ? 'pass' : missing;
  const said = `${observed} ${what} of at least ${limit}`;
  return check(name, status, observed, limit, status === 'pass' ? said : `${said}: ${missingWords[status]}`);
}
