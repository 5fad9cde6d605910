import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatDuration,
  formatFixed,
  formatNumber,
  formatPercent,
  formatSigned,
  formatTime,
} from '../../report/format.ts';
import { domainOf, intervalStrip, stripScale } from '../../report/plots/strips.ts';
import { linearScale, ticksOf } from '../../report/svg.ts';

describe('numbers', () => {
  it.each([
    [69_904, '69,904'],
    [0, '0'],
    [-0.005, '−0.005'],
    [0.902731, '0.9027'],
    [1234.56, '1,235'],
    [7.2e-9, '7.2 × 10⁻⁹'],
    [-3.1e12, '−3.1 × 10¹²'],
    [Infinity, '∞'],
    [Number.NaN, '–'],
    [null, '–'],
  ])('%d reads %s', (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });

  it('keeps the decimals of a column, gives differences a sign, and knows no negative zero', () => {
    expect(formatFixed(0.1)).toBe('0.1000');
    expect(formatSigned(0.0121)).toBe('+0.0121');
    expect(formatSigned(-0.0121)).toBe('−0.0121');
    expect(formatSigned(-0.00001)).toBe('0.0000');
    expect(formatPercent(0.0001, 2)).toBe('0.01 %');
  });

  it('writes durations, bytes and times in the unit that reads best', () => {
    expect([143, 14_210, 300_000, 10_800_000].map(formatDuration)).toEqual(['143 ms', '14.2 s', '5 min', '3 h']);
    expect([512, 41_320, 5_242_880].map(formatBytes)).toEqual(['512 B', '40.4 KiB', '5 MiB']);
    expect(formatTime('2026-03-02T03:00:04.120Z')).toBe('2026-03-02 03:00:04 UTC');
    expect(formatTime('yesterday')).toBe('yesterday');
  });
});

describe('scales', () => {
  it('keep what is outside at the end of the range, and widen an empty domain', () => {
    const scale = linearScale([0, 10], [100, 200]);
    expect([scale(-5), scale(5), scale(50)]).toEqual([100, 150, 200]);
    expect(linearScale([3, 3], [0, 1])(3)).toBe(0.5);
  });

  it.each<[[number, number], number[]]>([
    [
      [0, 1],
      [0, 0.2, 0.4, 0.6, 0.8, 1],
    ],
    [
      [0.34, 0.56],
      [0.35, 0.4, 0.45, 0.5, 0.55],
    ],
    [[1, 1], [1]],
  ])('have round ticks within %j', (domain, ticks) => {
    expect(ticksOf(domain)).toEqual(ticks);
  });

  it('have a domain even for no value, equal values and values that are not finite', () => {
    expect(domainOf([])).toEqual([0, 1]);
    expect(domainOf([Number.NaN, 2, 2])).toEqual([1.9, 2.1]);
    expect(domainOf([0, 1], 0.1)).toEqual([-0.1, 1.1]);
  });

  it('show an interval that goes on beyond the drawing by an arrow, and no limit that lies outside', () => {
    const mark = { estimate: 0.5, lower: 0.2, upper: 3 };
    const { markup } = intervalStrip(stripScale([0, 1]), mark, [{ value: 2, kind: 'limit' }], 'fail', 'an interval');
    expect(markup.match(/class="arrow"/g)).toHaveLength(1);
    expect(markup).not.toContain('class="limit"');
    expect(
      intervalStrip(stripScale([0, 4]), mark, [{ value: 2, kind: 'limit' }], 'fail', 'an interval').markup,
    ).toContain('class="limit"');
  });
});
