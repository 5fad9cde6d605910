import { didYouMean } from '../../../contracts/did-you-mean.ts';

/** A plan, or why there is none: a sentence each. */
export type Planned<Plan> = { readonly plan: Plan } | { readonly faults: readonly string[] };

export const quoted = (values: readonly { readonly name: string }[]): string =>
  values.map(({ name }) => `"${name}"`).join(', ');

/** A name in `signature` that the model does not have. */
export function unknownName(key: string, kind: 'input' | 'output', name: string, known: readonly string[]): string {
  const near = didYouMean(name, known);
  return `${key}: the model has no ${kind} "${name}", only ${known.join(', ')}${near === null ? '' : `: did you mean "${near}"?`}`;
}
