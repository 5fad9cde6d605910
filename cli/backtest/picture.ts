import { html, type Html } from '../../report/html.ts';
import { at, linearScale, type Scale } from '../../report/svg.ts';
import { playOutcomes, type PlayOutcome } from '../../policy/release/backtest/play-release.ts';
import type { IncidentResult } from '../../policy/release/backtest/run-backtest.ts';
import { durationWords } from '../../policy/duration-words.ts';
import type { PrintedBacktest } from './printed.ts';

const rowHeight = 26;
const top = 64;
const bars = { from: 270, to: 570 } as const;
const dots = { from: 620, to: 900 } as const;
const width = 930;

/** Told apart without colour: white, dots, stripes, black. */
const fills: Readonly<Record<PlayOutcome, string>> = {
  passed: '#fff',
  held: 'url(#held)',
  paused: 'url(#paused)',
  rolledBack: '#222',
};
const words: Readonly<Record<PlayOutcome, string>> = {
  passed: 'passed',
  held: 'held to the deadline',
  paused: 'paused',
  rolledBack: 'rolled back',
};

/** Ticks of the delay, in hours. */
const delayTicks = [1 / 3600, 1 / 360, 1 / 60, 1 / 12, 1 / 2, 2, 8, 24, 168];

/**
 * A self-contained SVG file: by incident what became of the releases, as a stacked bar, and how long the harm lasted that was
 * stopped, on a logarithmic scale: a dot at the median, a thick line for the middle half, a thin one from 5 to 95 %.
 */
export function drawBacktest({ incidents, repeats, policy }: PrintedBacktest): string {
  const height = top + incidents.length * rowHeight + 44;
  const x = delayScale(incidents);
  const ticks = delayTicks.filter((hours) => Math.log(hours) >= x.domain[0] && Math.log(hours) <= x.domain[1]);
  const bottom = top + incidents.length * rowHeight;
  const label = `What became of ${repeats} simulated releases of each of ${incidents.length} incidents, and how soon harm was stopped`;
  return html`<svg
    xmlns="http://www.w3.org/2000/svg"
    viewBox="0 0 ${width} ${height}"
    width="${width}"
    height="${height}"
    role="img"
    aria-label="${label}"
    font-family="sans-serif"
    font-size="12"
    fill="#222"
  >
    <defs>
      <pattern id="held" width="6" height="6" patternUnits="userSpaceOnUse">
        <rect width="6" height="6" fill="#fff" />
        <circle cx="3" cy="3" r="1.2" />
      </pattern>
      <pattern id="paused" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect width="6" height="6" fill="#fff" />
        <rect width="3" height="6" />
      </pattern>
    </defs>
    <rect width="${width}" height="${height}" fill="#fff" />
    <text x="8" y="20" font-size="14" font-weight="bold">
      Backtest: mode ${policy.mode}, alpha ${policy.alpha}, ${repeats} releases of each incident
    </text>
    ${legend()}
    <text x="${dots.from}" y="${top - 8}">time until harm was stopped</text>
    ${ticks.map((hours) => tick(x(Math.log(hours)), hours, bottom))}
    ${incidents.map((incident, row) => rowOf(incident, top + row * rowHeight, x))}
  </svg>`.markup;
}

function legend(): Html[] {
  return playOutcomes.map((outcome, i) => {
    const left = 8 + i * 165;
    return html`<rect x="${left}" y="34" width="16" height="12" fill="${fills[outcome]}" stroke="#222" /><text
        x="${left + 22}"
        y="44"
        >${words[outcome]}</text
      >`;
  });
}

function delayScale(incidents: readonly IncidentResult[]): Scale {
  const hours = incidents.flatMap(({ kind, delayHours: delay }) =>
    kind === 'harmful' && delay !== null ? [delay.p05, delay.p95] : [],
  );
  const [least, most] = hours.length === 0 ? [1 / 12, 2] : [Math.min(...hours), Math.max(...hours)];
  return linearScale(
    [Math.log(Math.max(1e-4, least) / 1.5), Math.log(Math.max(1e-4, most) * 1.5)],
    [dots.from, dots.to],
  );
}

const tick = (x: number, hours: number, bottom: number): Html =>
  html`<line x1="${at(x)}" y1="${top}" x2="${at(x)}" y2="${bottom}" stroke="#ccc" /><text
      x="${at(x)}"
      y="${bottom + 16}"
      text-anchor="middle"
      >${durationWords(hours)}</text
    >`;

function rowOf(result: IncidentResult, y: number, x: Scale): Html {
  const middle = y + rowHeight / 2;
  return html`<g>
    <text x="8" y="${middle + 4}">${result.incident}</text>
    ${barOf(result, y + 5)} ${result.kind === 'harmful' ? delayOf(result, middle, x) : null}
  </g>`;
}

function barOf({ outcomes, repeats }: IncidentResult, y: number): Html[] {
  let left: number = bars.from;
  return playOutcomes.flatMap((outcome) => {
    const share = outcomes[outcome] / repeats;
    const from = left;
    left += share * (bars.to - bars.from);
    return share === 0
      ? []
      : [
          html`<rect
            x="${at(from)}"
            y="${y}"
            width="${at(left - from)}"
            height="${rowHeight - 10}"
            fill="${fills[outcome]}"
            stroke="#222"
            ><title>${words[outcome]}: ${outcomes[outcome]} of ${repeats}</title></rect
          >`,
        ];
  });
}

function delayOf({ delayHours: delay }: IncidentResult, y: number, x: Scale): Html {
  if (delay === null) return html`<text x="${dots.from}" y="${y + 4}">never</text>`;
  const place = (hours: number): string => at(x(Math.log(Math.max(1e-4, hours))));
  const line = (from: number, to: number, thick: number): Html =>
    html`<line x1="${place(from)}" y1="${y}" x2="${place(to)}" y2="${y}" stroke="#222" stroke-width="${thick}" />`;
  return html`${line(delay.p05, delay.p95, 1.5)}${line(delay.p25, delay.p75, 5)}<circle
      cx="${place(delay.median)}"
      cy="${y}"
      r="5"
      fill="#fff"
      stroke="#222"
      stroke-width="2"
      ><title>median ${durationWords(delay.median)}</title></circle
    >`;
}
