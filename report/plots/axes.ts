import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { at, linearScale, ticksOf } from '../svg.ts';
import type { Scale } from '../svg.ts';

export const size = { width: 360, height: 270 };
const box = { left: 48, right: 348, top: 10, bottom: 226 };

export interface Axes {
  readonly x: Scale;
  readonly y: Scale;
  /** Grid, ticks and titles; drawn below the data. */
  readonly frame: Html;
}

export interface AxesOptions {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  readonly xTitle: string;
  readonly yTitle: string;
  /** Ticks at whole numbers only. */
  readonly whole?: boolean;
}

/** The axes of a chart of two dimensions. */
export function axes({ x: xDomain, y: yDomain, xTitle, yTitle, whole = false }: AxesOptions): Axes {
  const x = linearScale(xDomain, [box.left, box.right]);
  const y = linearScale(yDomain, [box.bottom, box.top]);
  const xTicks = ticksOf(x.domain).filter((tick) => !whole || Number.isInteger(tick));
  return {
    x,
    y,
    frame: html`<g class="axes">
      ${ticksOf(y.domain).map(
        (tick) =>
          html`<line class="grid" x1="${box.left}" x2="${box.right}" y1="${at(y(tick))}" y2="${at(y(tick))}" /><text
              x="${box.left - 6}"
              y="${at(y(tick) + 4)}"
              text-anchor="end"
              >${tick}</text
            >`,
      )}
      ${xTicks.map(
        (tick) =>
          html`<line
              class="tick"
              x1="${at(x(tick))}"
              x2="${at(x(tick))}"
              y1="${box.bottom}"
              y2="${box.bottom + 4}"
            /><text x="${at(x(tick))}" y="${box.bottom + 17}" text-anchor="middle">${tick}</text>`,
      )}
      <line class="base" x1="${box.left}" x2="${box.right}" y1="${box.bottom}" y2="${box.bottom}" />
      <text class="title" x="${(box.left + box.right) / 2}" y="${size.height - 8}" text-anchor="middle">${xTitle}</text>
      <text class="title" transform="translate(12 ${(box.top + box.bottom) / 2}) rotate(-90)" text-anchor="middle">
        ${yTitle}
      </text>
    </g>`,
  };
}

/** A line through points, given in the units of the axes. */
export const path = (
  { x, y }: Pick<Axes, 'x' | 'y'>,
  points: readonly (readonly [number, number])[],
  kind: string,
): Html =>
  html`<polyline class="line ${kind}" points="${points.map(([a, b]) => `${at(x(a))},${at(y(b))}`).join(' ')}" />`;

/** A point, given in the units of the axes. */
export const point = (
  { x, y }: Pick<Axes, 'x' | 'y'>,
  [a, b]: readonly [number, number],
  kind: string,
  radius = 3.5,
): Html => html`<circle class="point ${kind}" cx="${at(x(a))}" cy="${at(y(b))}" r="${at(radius)}" />`;
