import { describe, expect, it } from 'vitest';
import { html } from '../../report/html.ts';
import { renderReport } from '../../report/render.ts';
import type { ReportInput } from '../../report/render.ts';
import { rolledBackRun, stoppedRun } from './example.ts';
import { nestingErrors, shapeOf, strayBrackets, textOf } from './markup.ts';

/** Keys whose values are chosen by the code, not by people or data. */
const closed = new Set([
  'status',
  'outcome',
  'stage',
  'decision',
  'via',
  'metric',
  'variant',
  'chosen',
  'phase',
  'primary',
  'task',
  'kind',
]);

/** Appends a text to every string that could hold words of people or of data, and to the keys of open records. */
function taint<T>(value: T, text: string, key?: string): T;
function taint(value: unknown, text: string, key = ''): unknown {
  if (typeof value === 'string') return closed.has(key) ? value : value + text;
  if (Array.isArray(value)) return value.map((item) => taint(item, text, key));
  if (typeof value !== 'object' || value === null) return value;
  const open = key === 'settings' || key === 'environment';
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [open ? name + text : name, taint(item, text, name)]),
  );
}

const hostile = [
  `<script>alert(1)</script>`,
  `"><img src=x onerror=alert(1)>`,
  `' onmouseover='alert(1)`,
  `</title></style></svg></table></pre><h1>`,
  `<!--`,
  `&lt;b&gt;`,
  '\u202e\u0000\u001b[31m',
];

describe.each<[string, ReportInput]>([
  ['a full run', rolledBackRun],
  ['a stopped run', stoppedRun],
])('the report of %s', (_, input) => {
  const harmless = shapeOf(renderReport(taint(input, 'words')));

  it.each(hostile)('keeps %j as text everywhere', (text) => {
    const page = renderReport(taint(input, text));
    expect(shapeOf(page)).toEqual(harmless);
    expect(nestingErrors(page)).toEqual([]);
    expect(strayBrackets(page)).toBe(0);
    // oxlint-disable-next-line no-control-regex
    expect(page).not.toMatch(/[\u0000\u001b\u202e]/);
  });

  it('shows the words themselves', () => {
    expect(textOf(renderReport(taint(input, '<b>')))).toContain('employment&lt;b&gt;');
  });
});

describe('html', () => {
  it('escapes text, numbers and lists, and leaves markup of its own', () => {
    const inner = html`<b>${'a & b'}</b>`;
    expect(html`<p title="${'"x"'}">${[inner, '<', 1]}${null}${undefined}${false}</p>`.markup).toBe(
      '<p title="&quot;x&quot;"><b>a &amp; b</b>&lt;1</p>',
    );
  });

  it('does not take an object that looks like markup for markup', () => {
    const forged = JSON.parse('{"markup":"<b>"}') as string;
    expect(() => html`${forged}`).toThrow(TypeError);
  });
});
