import { severityOf, type Check, type Status, type Verdict } from '../contracts/verdict.ts';
import type { ReportTable } from './tables.ts';
import { absent, formatNumber, inWords } from './format.ts';
import { html } from './html.ts';
import type { Html, Part } from './html.ts';

/** How something looks: a status, or a stage without a verdict. */
export type Tone = Status | 'done' | 'none';

const symbols: Record<Tone, string> = {
  pass: '✓',
  warn: '!',
  fail: '✕',
  inconclusive: '?',
  done: '•',
  none: '–',
  skipped: '–',
};

/** A status with its symbol, so that colour is not the only sign. */
export const chip = (tone: Tone, text: string = tone): Html =>
  html`<span class="chip ${tone}"><span aria-hidden="true">${symbols[tone]}</span> ${text}</span>`;

export interface TableColumn {
  readonly title: string;
  /** `number` is right-aligned, `plot` takes the room that is left. */
  readonly kind: 'text' | 'number' | 'plot';
}
export const textColumn = (title: string): TableColumn => ({ title, kind: 'text' });
export const numberColumn = (title: string): TableColumn => ({ title, kind: 'number' });
export const plotColumn = (title: string): TableColumn => ({ title, kind: 'plot' });

export interface Table {
  readonly caption: string;
  readonly columns: readonly TableColumn[];
  /** The first cell of a row is its heading. */
  readonly rows: readonly (readonly Part[])[];
  /** Class of the whole table. */
  readonly kind?: string;
  /** Class of a row by its index. */
  readonly rowClass?: (index: number) => string;
}

/** A table with a caption and row headings that scrolls by itself where the page is narrow. */
export function table({ caption, columns, rows, kind = '', rowClass }: Table): Html {
  const cell = (content: Part, index: number): Html => {
    const kind = columns[index]?.kind ?? 'text';
    return index === 0
      ? html`<th scope="row" class="${kind}">${content}</th>`
      : html`<td class="${kind}">${content}</td>`;
  };
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${caption}">
    <table class="${kind}">
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map(({ title, kind }) => html`<th scope="col" class="${kind}">${title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row, index) =>
            html`<tr class="${rowClass?.(index) ?? ''}">
              ${row.map(cell)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** A table of plain cells; a column that holds words is text, the others are numbers. */
export function overview(caption: string, plain: ReportTable | null): Html | null {
  if (plain === null || plain.rows.length === 0) return null;
  const columns = plain.columns.map((name, index) => {
    const title = /[a-z][A-Z]/.test(name) ? inWords(name) : name;
    return plain.rows.some((row) => typeof row[index] === 'string') ? textColumn(title) : numberColumn(title);
  });
  return table({
    caption,
    columns,
    rows: plain.rows.map((row) =>
      row.map((cell) => (typeof cell === 'number' ? formatNumber(cell) : (cell ?? absent))),
    ),
  });
}

/** Names with their values. */
export const facts = (entries: readonly (readonly [string, Part])[], width: 'narrow' | 'wide' = 'narrow'): Html =>
  html`<dl class="facts ${width}">
    ${entries.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;

export interface Section {
  readonly id: string;
  readonly title: string;
  readonly status?: Tone | undefined;
  /** What the section says, in a sentence. */
  readonly lead?: Part;
  readonly content: Part;
}

export const section = ({ id, title, status, lead, content }: Section): Html =>
  html`<section id="${id}" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${title} ${status === undefined ? null : chip(status)}</h2>
    ${lead === undefined ? null : html`<p class="lead">${lead}</p>`} ${content}
  </section>`;

/** A drawing with its title, legend and what to know of it. */
export const figure = (title: string, content: Part, note: Part = null, legend: Part = null): Html =>
  html`<figure>
    <figcaption>${title}</figcaption>
    ${legend} ${content} ${note === null ? null : html`<p class="note">${note}</p>`}
  </figure>`;

/** What the marks of a drawing mean; `mark` is the class of the swatch. */
export const legend = (entries: readonly (readonly [mark: string, text: string])[]): Html =>
  html`<ul class="legend">
    ${entries.map(([mark, text]) => html`<li><span class="swatch ${mark}" aria-hidden="true"></span>${text}</li>`)}
  </ul>`;

/** Failing checks first, then those without an answer, warnings, what is only reported, and what passed. */
export const worstFirst = (checks: readonly Check[]): Check[] =>
  checks.toSorted((a, b) => severityOf(a) - severityOf(b));

const shown = (value: Check['observed']): string => (typeof value === 'string' ? value : formatNumber(value));

/** The checks behind a verdict. */
export function checksTable(stage: string, { checks }: Verdict): Html {
  const rows = worstFirst(checks).map((check) => [
    html`<code>${check.name}</code><span class="message">${check.message}</span>`,
    html`${chip(check.status)}${check.required || check.status !== 'inconclusive' ? null : html` <span class="aside">reported only</span>`}`,
    shown(check.observed),
    shown(check.limit),
  ]);
  if (rows.length === 0) return html`<p class="note">No checks were asked for.</p>`;
  return table({
    caption: `Checks of ${stage}`,
    kind: 'checks',
    columns: [textColumn('Check'), textColumn('Status'), numberColumn('Observed'), numberColumn('Limit')],
    rows,
  });
}

/** A digest, shortened for the eye; the whole of it is in the lineage. */
export const digest = (value: string | null | undefined): Part =>
  value === null || value === undefined
    ? absent
    : html`<code class="digest" title="${value}">${value.replace('sha256:', '').slice(0, 12)}</code>`;
