import { shownText } from '../shown-text.ts';
import { misfitMirror } from './prediction-log.ts';

/** Required inputs of a version that a request does not have. */
export interface MissingInputs {
  readonly kind: 'columns' | 'tensors';
  readonly names: readonly string[];
}

/** Names of one note at most, and characters of the reason: a note is not longer than an ordinary record. */
const [mostNames, mostCharacters] = [10, 200];

/** The error of a request that a version cannot take: the inputs that it lacks, if any, then the reason in words. */
export function misfitError(reason: string, { kind, names }: MissingInputs): string {
  const shown = names.slice(0, mostNames).map((name) => shownText(name));
  const missing = shown.length === 0 ? '' : `, missing ${kind} ${JSON.stringify(shown)}`;
  return `${misfitMirror}${missing}: ${reason.slice(0, mostCharacters)}`;
}

/** What `misfitError` says of missing inputs, as a regular expression: `missingInputsOf` reads its group. */
export const missingInputsPattern = `^${misfitMirror}, missing ((columns|tensors) \\[.*?"\\]): `;

/** Null where the text is none of `missingInputsPattern`. */
export function missingInputsOf(text: string): MissingInputs | null {
  const [, kind, names = ''] = /^(columns|tensors) (\[.*\])$/.exec(text) ?? [];
  if (kind !== 'columns' && kind !== 'tensors') return null;
  try {
    return { kind, names: JSON.parse(names) as string[] };
  } catch {
    return null;
  }
}
