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
