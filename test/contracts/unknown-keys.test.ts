import { describe, expect, it } from 'vitest';
import { parseDocument } from '../../config/load-config.ts';
import { PawlError } from '../../contracts/errors.ts';
import { documents } from '../../scripts/reference/documents.ts';
import { jsonSchemaOf } from '../../scripts/reference/json-schema.ts';
import { keysOf, type Key } from '../../scripts/reference/keys.ts';

/** Names of maps that take only some. */
const names: Readonly<Record<string, string>> = { 'release.guards.rules': 'errors' };

/** A document with one key at its place, misspelt: nothing else, but the `kind` that tells its form. */
function withMisspelt({ path, kinds }: Key, kindsAt: ReadonlyMap<string, string>): Record<string, unknown> {
  const steps = path.split('.');
  const build = (done: string, [step = '', ...rest]: readonly string[]): unknown => {
    const list = step.endsWith('[]');
    const name = step === '<name>' ? (names[done] ?? 'any') : step.replace('[]', '');
    const place = done === '' ? step : `${done}.${step}`;
    const kind = kindsAt.get(`${done}.kind`);
    const form = kind === undefined || step === 'kind' ? {} : { kind: kinds[0] ?? kind };
    if (rest.length === 0) return { ...form, [`${name}x`]: 1 };
    const inner = build(place, rest);
    return { ...form, [name]: list ? [inner] : inner };
  };
  return build('', steps) as Record<string, unknown>;
}

const written = (path: string): string =>
  path
    .split('.')
    .reduce<string[]>((steps, step) => [...steps, step === '<name>' ? (names[steps.join('.')] ?? 'any') : step], [])
    .join('.')
    .replaceAll('[]', '.0');

describe.each(documents)('an unknown key of $title', ({ schema }) => {
  const keys = keysOf(jsonSchemaOf(schema));
  const kindsAt = new Map(
    keys.flatMap(({ path, type }) =>
      path.endsWith('.kind') ? [[path, /`(\w+)`/.exec(type)?.[1] ?? ''] as const] : [],
    ),
  );

  it.each(keys.filter(({ path }) => /\w$/.test(path)))('is refused with the key that was meant: $path', (key) => {
    const text = JSON.stringify(withMisspelt(key, kindsAt));
    const meant = key.path.split('.').at(-1) ?? '';
    let message = '';
    try {
      parseDocument(schema, 'a.yaml', text);
    } catch (error) {
      if (!(error instanceof PawlError)) throw error;
      ({ message } = error);
    }
    expect(message).toContain(`unknown key "${written(key.path)}x": did you mean "${meant}"?`);
  });
});
