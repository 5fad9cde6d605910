/** Elements that have no end tag; those of SVG close themselves. */
const withoutEnd = new Set(['meta', 'br', 'hr', 'img', 'input', 'link']);

export interface Tag {
  readonly name: string;
  readonly end: boolean;
  readonly closed: boolean;
  readonly attributes: ReadonlyMap<string, string>;
}

/** The tags of a page in their order, the style sheet left out. */
export function tagsOf(page: string): Tag[] {
  const markup = page.replace(/<style>[^]*?<\/style>/, '');
  return [...markup.matchAll(/<(\/?)([a-zA-Z][\w-]*)((?:\s+[\w:-]+(?:="[^"<>]*")?)*)\s*(\/?)>/g)].map((match) => {
    const [, slash, name = '', attributes = '', close] = match;
    return {
      name,
      end: slash === '/',
      closed: close === '/' || withoutEnd.has(name),
      attributes: new Map(
        [...attributes.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]),
      ),
    };
  });
}

/** What is wrong with the nesting of a page; empty where every element is closed by its own end tag. */
export function nestingErrors(page: string): string[] {
  const open: string[] = [];
  const errors: string[] = [];
  for (const { name, end, closed } of tagsOf(page)) {
    if (!end && !closed) open.push(name);
    if (!end) continue;
    const last = open.pop();
    if (last !== name) errors.push(`</${name}> closes <${last}>`);
  }
  return [...errors, ...open.map((name) => `<${name}> stays open`)];
}

/** Names and attribute names of the tags: what text may never change. */
export const shapeOf = (page: string): string[] =>
  tagsOf(page).map(({ name, end, attributes }) => `${end ? '/' : ''}${name} ${[...attributes.keys()].join(' ')}`);

/** What looks like a tag and is not one. */
export const strayBrackets = (page: string): number =>
  (page.match(/</g)?.length ?? 0) - tagsOf(page).length - ['<!doctype', '<style>', '</style>'].length;

/** The words of a page. */
export const textOf = (page: string): string =>
  page
    .replace(/<style>[^]*?<\/style>/, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ');
