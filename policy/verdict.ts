import { severityOf, type Check, type Verdict } from '../contracts/verdict.ts';

/**
 * Fails if a check fails, else is inconclusive if a required check is, else warns if a check warns, else passes if a check passes.
 * An inconclusive check that is not required is only reported beside those; where no check could be judged, the verdict is
 * inconclusive. Without checks, or with skipped ones alone, it is skipped.
 */
export function verdictOf(checks: readonly Check[]): Verdict {
  const worst = checks.reduce((least, check) => Math.min(least, severityOf(check)), 5);
  const passed = checks.some(({ status }) => status === 'pass');
  const reportedOnly = passed ? 'pass' : 'inconclusive';
  const status = (['fail', 'inconclusive', 'warn', reportedOnly, 'pass', 'skipped'] as const)[worst] ?? 'skipped';
  return { status, checks: [...checks] };
}

/** The messages of the checks that did not pass, worst first, at most `most`; the last one says how many were left out. */
export function reasonsOf(verdict: Verdict, most = 6): string[] {
  return messagesOf(
    verdict.checks.filter((check) => check.status !== 'pass'),
    most,
  );
}

/** The messages of the checks that failed, at most `most`; the last one says how many were left out. */
export const failuresOf = (verdict: Verdict, most = 6): string[] =>
  messagesOf(
    verdict.checks.filter((check) => check.status === 'fail'),
    most,
  );

function messagesOf(checks: Check[], most: number): string[] {
  const reasons = checks.sort((a, b) => severityOf(a) - severityOf(b)).map((check) => check.message);
  if (reasons.length <= most) return reasons;
  const shown = Math.max(0, most - 1);
  return [...reasons.slice(0, shown), `and ${reasons.length - shown} more`];
}
