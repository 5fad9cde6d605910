import { html } from './html.ts';
import type { Html, Part } from './html.ts';

/** A linear map of a domain on a range. */
export interface Scale {
  (value: number): number;
  readonly domain: readonly [number, number];
}

/** Maps `domain` on `range`; values outside are kept at its ends, and an empty domain is widened. */
export function linearScale(domain: readonly [number, number], range: readonly [number, number]): Scale {
  const [from, to] = domain[0] === domain[1] ? [domain[0] - 0.5, domain[1] + 0.5] : domain;
  const map = (value: number): number => {
    const share = Math.min(1, Math.max(0, (value - from) / (to - from)));
    return range[0] + share * (range[1] - range[0]);
  };
  return Object.assign(map, { domain: [from, to] as const });
}

/** Some four to six round numbers within a domain. */
export function ticksOf([from, to]: readonly [number, number], about = 5): number[] {
  const raw = (to - from) / about;
  if (!(raw > 0) || !Number.isFinite(raw)) return [from];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= raw * 0.999) ?? 10) * power;
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
}

/** A coordinate with at most two decimals. */
export const at = (value: number): string => String(Math.round(value * 100) / 100);

/** A share of the width of a strip. */
export const percentOfWidth = (value: number): string => `${at(value * 100)}%`;

/**
 * A drawing that keeps its proportions. `label` is its text alternative: what it shows, in a sentence.
 */
export const drawing = (size: { width: number; height: number }, label: string, content: Part): Html =>
  html`<svg class="drawing" viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${label}">
    ${content}
  </svg>`;

/** A drawing as high as a line of text and as wide as its place: x coordinates are shares of the width. */
export const strip = (label: string, content: Part): Html =>
  html`<svg class="strip" width="100%" height="22" role="img" aria-label="${label}">${content}</svg>`;
