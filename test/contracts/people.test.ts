import { describe, expect, it } from 'vitest';
import { longestBy, longestReason, objectionToBy, objectionToReason } from '../../contracts/people.ts';
import { releaseRequestSchema } from '../../contracts/release/release.ts';

describe('what people say of themselves and why', () => {
  it.each([
    ['a name', objectionToBy, 'ada lovelace', null],
    ['the longest name', objectionToBy, 'x'.repeat(longestBy), null],
    ['no name', objectionToBy, undefined, 'say who, in "by"'],
    ['blanks', objectionToBy, '  ', 'say who, in "by"'],
    ['a name that is not a text', objectionToBy, 7, 'say who, in "by"'],
    [
      'an endless name',
      objectionToBy,
      'x'.repeat(longestBy + 1),
      '"by" has 201 characters: give a name of at most 200',
    ],
    ['two lines as a name', objectionToBy, 'a\nb', '"by" holds control characters: leave them out'],
    ['two lines as a reason', objectionToReason, 'a\nb\tc', null],
    ['no reason', objectionToReason, '', 'say why, in "reason"'],
    ['an escape sequence', objectionToReason, '\u001b[31m', '"reason" holds control characters: leave them out'],
    ['a NUL', objectionToReason, 'a\u0000', '"reason" holds control characters: leave them out'],
    [
      'an endless reason',
      objectionToReason,
      'x'.repeat(longestReason + 1),
      '"reason" has 2001 characters: say it in at most 2000',
    ],
  ])('%s', (_, objectionTo, text, objection) => {
    expect(objectionTo(text)).toBe(objection);
  });

  it('are limited where a workflow is started, too', () => {
    const parsed = releaseRequestSchema.safeParse({ model: 'm', version: 1, by: 'a\u0007', reason: 'x' });
    expect(parsed.error?.issues[0]?.message).toBe('"by" holds control characters: leave them out');
  });
});
