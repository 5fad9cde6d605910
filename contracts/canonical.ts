import canonicalizeModule from 'canonicalize';

// The package is CommonJS with a default export, which nodenext types as a namespace.
const canonicalize = canonicalizeModule as unknown as (value: unknown) => string | undefined;

/** RFC 8785 canonical JSON as UTF-8: equal values give equal bytes, and so equal digests. */
export function canonicalJson(value: unknown): Uint8Array {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('undefined has no canonical JSON');
  return new TextEncoder().encode(text);
}
