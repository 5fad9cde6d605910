import { describe } from 'vitest';
import { skippedName } from './needs-names.ts';

/** A suite that is skipped, with the reason in its name, where something that it needs is missing. */
export function describeWith(missing: string | null, name: string, body: () => void): void {
  if (missing === null) describe(name, body);
  else describe.skip(skippedName(name, missing), body);
}
