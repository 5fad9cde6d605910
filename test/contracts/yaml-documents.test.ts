import { describe, expect, it } from 'vitest';
import { parseDocument } from '../../config/load-config.ts';
import { fileConfigSchema } from '../../config/schema.ts';
import { releasePolicySchema } from '../../contracts/release/release-policy.ts';

describe('a document', () => {
  it.each([
    ['has a tag without a meaning', 'address: !foo null\n', /^temporal\.yaml is not valid YAML: Unresolved tag: !foo/],
    ['has an alias that holds itself', 'x: &x {y: *x}\n', /is not valid YAML: an alias .* lies within what it names/],
    ['has one key twice', 'address: a:1\naddress: b:1\n', /is not valid YAML: Map keys must be unique/],
  ])('that %s is refused', (_, text, why) => {
    expect(() => parseDocument(fileConfigSchema, 'temporal.yaml', text)).toThrow(why);
  });

  it('with a misspelt guard is refused with the guard that is meant', () => {
    const text = 'guards: { rules: { acuracy: { action: warn } } }\n';
    expect(() => parseDocument(releasePolicySchema, 'policy.yaml', text)).toThrow(
      'unknown key "guards.rules.acuracy": did you mean "accuracy"?',
    );
  });
});
