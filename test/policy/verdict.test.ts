import { array, assert, boolean, constantFrom, property, record } from 'fast-check';
import { expect, test } from 'vitest';
import type { Check } from '../../contracts/verdict.ts';
import { check, reported } from '../../policy/check.ts';
import { failuresOf, reasonsOf, verdictOf } from '../../policy/verdict.ts';

const make = (status: Check['status'], message: string, required = true) =>
  (required ? check : reported)('a.check', status, 1, 2, message);

test('a gate fails if a check fails, else is inconclusive if a required one is, else warns, else passes if a check does', () => {
  const checks = array(
    record({ status: constantFrom('pass', 'warn', 'fail', 'inconclusive', 'skipped'), required: boolean() }),
    {
      maxLength: 6,
    },
  );
  assert(
    property(checks, (drawn) => {
      const { status } = verdictOf(drawn.map(({ status, required }) => make(status, 'm', required)));
      const has = (wanted: string) => drawn.some((one) => one.status === wanted);
      if (has('fail')) expect(status).toBe('fail');
      else if (drawn.some((one) => one.status === 'inconclusive' && one.required)) expect(status).toBe('inconclusive');
      else if (has('warn')) expect(status).toBe('warn');
      else if (drawn.every((one) => one.status === 'skipped')) expect(status).toBe('skipped');
      else if (has('pass')) expect(status).toBe('pass');
      else expect(status).toBe('inconclusive');
    }),
  );
});

test('reasons come worst first, without what passed', () => {
  const verdict = verdictOf([
    make('pass', 'fine'),
    make('inconclusive', 'small group', false),
    make('warn', 'odd'),
    make('inconclusive', 'unknown'),
    make('fail', 'bad'),
  ]);
  expect(reasonsOf(verdict)).toEqual(['bad', 'unknown', 'odd', 'small group']);
  expect(failuresOf(verdict)).toEqual(['bad']);
});

test('reasons that are too many are counted', () => {
  const verdict = verdictOf(Array.from({ length: 9 }, (_, i) => make('fail', `bad ${i}`)));
  expect(reasonsOf(verdict, 3)).toEqual(['bad 0', 'bad 1', 'and 7 more']);
});

test('as many reasons as are wanted are all said, six if nobody says how many, and never fewer than none', () => {
  const reasons = (count: number, most?: number) =>
    reasonsOf(verdictOf(Array.from({ length: count }, (_, i) => make('fail', `bad ${i}`))), most);
  expect(reasons(3, 3)).toEqual(['bad 0', 'bad 1', 'bad 2']);
  expect(reasons(6)).toHaveLength(6);
  expect(reasons(7).slice(-2)).toEqual(['bad 4', 'and 2 more']);
  expect([reasons(2, 1), reasons(2, 0)]).toEqual([['and 2 more'], ['and 2 more']]);
});

test('a gate that judged nothing is skipped', () => {
  expect(verdictOf([]).status).toBe('skipped');
});

test('a gate whose checks could all not be judged does not pass, though none of them is required', () => {
  expect(verdictOf([make('inconclusive', 'm', false)]).status).toBe('inconclusive');
  expect(verdictOf([make('inconclusive', 'm', false), make('skipped', 'm')]).status).toBe('inconclusive');
  expect(verdictOf([make('inconclusive', 'm', false), make('pass', 'm')]).status).toBe('pass');
});
