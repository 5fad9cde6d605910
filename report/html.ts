/** Markup that is known to be safe: made by `html`, or our own style sheet. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

/** What a template may hold; strings and numbers are text and are escaped, `null` and `false` are nothing. */
export type Part = Html | string | number | null | undefined | false | readonly Part[];

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Control characters, and those that turn the direction of text round: they can make a page say what it does not. */
// oxlint-disable-next-line no-control-regex
const misleading = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Text for an element or a quoted attribute. */
const escapeText = (text: string): string =>
  text.replaceAll(misleading, '\ufffd').replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);

function markupOf(part: Part): string {
  if (part === null || part === undefined || part === false) return '';
  if (part instanceof Html) return part.markup;
  if (typeof part === 'string' || typeof part === 'number') return escapeText(String(part));
  return part.map(markupOf).join('');
}

/** A template whose parts are escaped unless they are `Html` themselves; attributes must be quoted. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.reduce((markup, text, index) => markup + markupOf(parts[index - 1]) + text));
}

export const nothing: Html = html``;
