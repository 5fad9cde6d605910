/** Longest texts that people give, in characters: they are shown in histories, audits and reports for ever. */
export const longestBy = 200;
export const longestReason = 2_000;

/** Control characters steer terminals; a reason may have several lines. */
const control = /(?![\t\n])\p{Cc}/u;
const controlOrBreak = /\p{Cc}/u;

/** What is wrong with who asks, in words; null where nothing is. */
export function objectionToBy(by: unknown): string | null {
  if (typeof by !== 'string' || by.trim() === '') return 'say who, in "by"';
  if (by.length > longestBy) return `"by" has ${by.length} characters: give a name of at most ${longestBy}`;
  return controlOrBreak.test(by) ? '"by" holds control characters: leave them out' : null;
}

/** What is wrong with a reason, in words; null where nothing is. */
export function objectionToReason(reason: unknown): string | null {
  if (typeof reason !== 'string' || reason.trim() === '') return 'say why, in "reason"';
  if (reason.length > longestReason)
    return `"reason" has ${reason.length} characters: say it in at most ${longestReason}`;
  return control.test(reason) ? '"reason" holds control characters: leave them out' : null;
}
