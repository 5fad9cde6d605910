import { shownNames, shownText } from '../../../contracts/shown-text.ts';
import { didYouMean } from '../../../contracts/did-you-mean.ts';

/** A plan, or why there is none: a sentence each. */
export type Planned<Plan> = { readonly plan: Plan } | { readonly faults: readonly string[] };

/** Names of a model in a message, at most 20 of them. */
export function quoted(values: readonly { readonly name: string }[], most = 20): string {
  const shown = values.slice(0, most).map(({ name }) => `"${shownText(name)}"`);
  return values.length > most ? `${shown.join(', ')} and ${values.length - most} more` : shown.join(', ');
}

/** A name in `signature` that the model does not have. */
export function unknownName(key: string, kind: 'input' | 'output', name: string, known: readonly string[]): string {
  const near = didYouMean(name, known);
  return `${key}: the model has no ${kind} "${name}", only ${shownNames(known)}${near === null ? '' : `: did you mean "${shownText(near)}"?`}`;
}
