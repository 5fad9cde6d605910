import { expect, it } from 'vitest';
import { commandKeys, decisionKeys, objectionToKeys } from '../../contracts/message-keys.ts';
import { commandSchema, decisionSchema } from '../../contracts/run/approval.ts';

it('the keys of a message are those of its schema', () => {
  expect(decisionKeys).toEqual(Object.keys(decisionSchema.shape));
  expect(commandKeys).toEqual(Object.keys(commandSchema.shape));
});

it.each([
  ['all keys', { by: 'ada', reason: 'x', evidence: 'sha256:a' }, null],
  ['nothing', undefined, null],
  ['null', null, null],
  [
    'a misspelt key',
    { by: 'ada', reason: 'x', evidnce: 'sha256:a' },
    'unknown key "evidnce": did you mean "evidence"?',
  ],
  ['a strange key', { by: 'ada', colour: 'red' }, 'unknown key "colour": known are by, reason, evidence, ms'],
])('of %s the unknown key is named with the one that was meant', (_, given, objection) => {
  expect(objectionToKeys(given, commandKeys)).toBe(objection);
});
