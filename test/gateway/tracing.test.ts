import { describe, expect, it } from 'vitest';
import { traceOf } from '../../gateway/call/tracing.ts';

const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
const span = '00f067aa0ba902b7';
const given = (traceparent: string | null, tracestate: string | null = null) =>
  traceOf((name) => (name === 'traceparent' ? traceparent : name === 'tracestate' ? tracestate : null));

describe('trace context', () => {
  it('goes on with a new span of the same trace', () => {
    const taken = given(`00-${trace}-${span}-01`, 'vendor=1,other=2');
    expect(taken).toMatchObject({ traceId: trace, parentId: span, sampled: true, tracestate: 'vendor=1,other=2' });
    expect(taken?.traceparent).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`));
    expect(taken?.traceparent).not.toContain(span);
  });

  it('draws a span of its own for each answer', () => {
    const spans = new Set(Array.from({ length: 2_000 }, () => given(`00-${trace}-${span}-01`)?.traceparent));
    expect(spans.size).toBe(2_000);
  });

  it.each([
    ['00', false, '00'],
    ['01', true, '01'],
    ['02', false, '02'],
    ['ff', true, '03'],
    ['fc', false, '00'],
  ])('passes on the flags it knows of %s', (flags, sampled, passed) => {
    const taken = given(`00-${trace}-${span}-${flags}`);
    expect(taken?.sampled).toBe(sampled);
    expect(taken?.traceparent.slice(-2)).toBe(passed);
  });

  it.each([`cc-${trace}-${span}-01`, `cc-${trace}-${span}-01-what.the.future.will.be.like`])(
    'reads what a later version has in common: %s',
    (traceparent) => {
      expect(given(traceparent)?.traceparent.slice(0, 35)).toBe(`00-${trace}`);
    },
  );

  it.each([
    null,
    '',
    'nonsense',
    `00-${trace}-${span}`,
    `00-${trace}-${span}-1`,
    `00-${trace}-${span}-01-extra`,
    `00-${trace}-${span}-01,00-${trace}-${span}-01`,
    `ff-${trace}-${span}-01`,
    `0g-${trace}-${span}-01`,
    `cc-${trace}-${span}-01.future`,
    `00-${'0'.repeat(32)}-${span}-01`,
    `00-${trace}-${'0'.repeat(16)}-01`,
    `00-${trace.toUpperCase()}-${span}-01`,
    `00-${trace}-${span.slice(0, 15)}x-01`,
    `00-${trace}-${span}-0x`,
    `00_${trace}_${span}_01`,
  ])('ignores %s', (traceparent) => {
    expect(given(traceparent, 'vendor=1')).toBeNull();
  });
});
