import { headerNames } from '../call/header-names.ts';
import type { ServingPolicy } from '../../contracts/serving/serving-policy.ts';
import { badRequest, HttpError } from '../call/http-error.ts';
import type { InferCall } from '../call/infer-call.ts';

/** Units of `grpc-timeout`. */
const unitMs: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 };

/**
 * `performance.now()` after which nobody waits for the answer, null where there is no limit: the earliest that the request
 * sets by the header `x-pawl-deadline-ms`, the header `grpc-timeout` (a number and H, M, S, m, u or n), the parameter `timeout`
 * (microseconds, as Triton and KServe have it; 0 is none) or its transport, else by the policy's `deadline`. Throws `HttpError` 400.
 */
export function deadlineOf(
  {
    header,
    request: { parameters },
    started,
    deadline,
  }: Pick<InferCall, 'header' | 'request' | 'started' | 'deadline'>,
  policy: Pick<ServingPolicy, 'deadline'>,
): number | null {
  let limit = Infinity;
  const ms = header(headerNames.deadlineMs);
  if (ms !== null) limit = headerMs(ms);
  const timeout = header('grpc-timeout');
  if (timeout !== null) limit = Math.min(limit, grpcMs(timeout));
  if (parameters.timeout !== undefined) limit = Math.min(limit, parameterMs(parameters.timeout));
  const until = Math.min(started + limit, deadline ?? Infinity);
  if (until !== Infinity) return until;
  return policy.deadline === null ? null : started + policy.deadline;
}

/** Throws `HttpError` 504 where the deadline has passed. */
export function checkDeadline(deadline: number | null, now = performance.now()): void {
  if (deadline === null || now < deadline) return;
  throw tooLate(deadline, now);
}

export const tooLate = (deadline: number, now: number): HttpError =>
  new HttpError(504, `the deadline passed ${(now - deadline).toFixed(1)} ms before the model could be asked`);

function headerMs(text: string): number {
  const ms = /^\d{1,12}(\.\d{1,6})?$/.test(text) ? Number(text) : 0;
  if (ms > 0) return ms;
  throw badRequest(`x-pawl-deadline-ms must be a number of milliseconds above 0, not "${text}"`);
}

/** Milliseconds that the header `grpc-timeout` says (a number and H, M, S, m, u or n); null where it says nothing of the kind. */
export function grpcTimeout(text: string): number | null {
  const [, amount, unit] = /^(\d{1,8})([HMSmun])$/.exec(text) ?? [];
  return amount === undefined || unit === undefined ? null : Number(amount) * unitMs[unit]!;
}

function grpcMs(text: string): number {
  const ms = grpcTimeout(text);
  if (ms !== null) return ms;
  throw badRequest(`grpc-timeout must be at most 8 digits and one of H, M, S, m, u, n, not "${text}"`);
}

function parameterMs(microseconds: string | number | boolean): number {
  if (microseconds === 0) return Infinity;
  if (typeof microseconds === 'number' && microseconds > 0) return microseconds / 1_000;
  throw badRequest(`the parameter timeout must be a number of microseconds, not ${JSON.stringify(microseconds)}`);
}
