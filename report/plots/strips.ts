import { html, nothing } from '../html.ts';
import type { Html } from '../html.ts';
import { linearScale, percentOfWidth, strip } from '../svg.ts';
import type { Scale } from '../svg.ts';

/** Strips leave room for half a mark at both ends. */
export const stripScale = (domain: readonly [number, number]): Scale => linearScale(domain, [0.03, 0.97]);

/** A vertical line of a strip: a limit that decides, or a value to compare with. */
export interface StripLine {
  readonly value: number;
  readonly kind: 'limit' | 'zero' | 'champion';
}

const outside = (scale: Scale, value: number): 'left' | 'right' | null =>
  value < scale.domain[0] ? 'left' : value > scale.domain[1] ? 'right' : null;

const lineOf = (scale: Scale, { value, kind }: StripLine): Html =>
  outside(scale, value) === null
    ? html`<line
        class="${kind}"
        x1="${percentOfWidth(scale(value))}"
        x2="${percentOfWidth(scale(value))}"
        y1="1"
        y2="21"
      />`
    : nothing;

/** An arrow at the end of a strip says that a mark goes on beyond it. */
function arrow(scale: Scale, value: number): Html {
  const side = outside(scale, value);
  if (side === null) return nothing;
  const path = side === 'left' ? 'M6,-4 L0,0 L6,4' : 'M-6,-4 L0,0 L-6,4';
  return html`<svg x="${side === 'left' ? '1%' : '99%'}" y="11" overflow="visible">
    <path class="arrow" d="${path}" />
  </svg>`;
}

export interface IntervalMark {
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
}

/** An estimate with its interval against limits. */
export function intervalStrip(
  scale: Scale,
  mark: IntervalMark,
  lines: readonly StripLine[],
  tone: string,
  label: string,
): Html {
  return strip(
    label,
    html`${lines.map((line) => lineOf(scale, line))}
      <g class="mark ${tone}">
        <line x1="${percentOfWidth(scale(mark.lower))}" x2="${percentOfWidth(scale(mark.upper))}" y1="11" y2="11" />
        ${outside(scale, mark.estimate) === null ? html`<circle cx="${percentOfWidth(scale(mark.estimate))}" cy="11" r="4" />` : null}
        ${arrow(scale, mark.lower)} ${arrow(scale, mark.upper)}
      </g>`,
  );
}

/** A bar from zero, with a whisker where the value is uncertain. */
export function barStrip(
  scale: Scale,
  value: number,
  label: string,
  {
    lines = [],
    whisker,
    tone = 'plain',
  }: { lines?: readonly StripLine[]; whisker?: readonly [number, number]; tone?: string } = {},
): Html {
  const [from, to] = [scale(Math.min(0, value)), scale(Math.max(0, value))];
  return strip(
    label,
    html`<g class="mark ${tone}">
        <rect x="${percentOfWidth(from)}" width="${percentOfWidth(to - from)}" y="5" height="12" rx="2" />
        ${arrow(scale, value)}
      </g>
      ${
        whisker === undefined
          ? null
          : html`<line
              class="whisker"
              x1="${percentOfWidth(scale(whisker[0]))}"
              x2="${percentOfWidth(scale(whisker[1]))}"
              y1="11"
              y2="11"
            />`
      }
      ${lines.map((line) => lineOf(scale, line))}`,
  );
}

/** Two values one above the other: the champion's and the candidate's. */
export const pairStrip = (scale: Scale, champion: number, candidate: number, label: string): Html =>
  strip(
    label,
    [
      { value: champion, tone: 'champion', y: 2 },
      { value: candidate, tone: 'candidate', y: 12 },
    ].map(
      ({ value, tone, y }) =>
        html`<g class="mark ${tone}">
          <rect
            x="${percentOfWidth(scale(0))}"
            width="${percentOfWidth(scale(value) - scale(0))}"
            y="${y}"
            height="8"
            rx="2"
          />
        </g>`,
    ),
  );

/** A value as a dot, for scales that need not begin at zero. */
export const dotStrip = (
  scale: Scale,
  value: number,
  label: string,
  lines: readonly StripLine[] = [],
  tone = 'plain',
): Html =>
  strip(
    label,
    html`${lines.map((line) => lineOf(scale, line))}
      <g class="mark ${tone}">
        <circle cx="${percentOfWidth(scale(value))}" cy="11" r="4" />
        ${arrow(scale, value)}
      </g>`,
  );

/** The least domain that holds all values and has some room beside them. */
export function domainOf(values: readonly number[], room = 0.05): [number, number] {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return [0, 1];
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const margin = (high - low || Math.abs(high) || 1) * room;
  return [low - margin, high + margin];
}
