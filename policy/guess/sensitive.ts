import { sensitiveWord } from './names.ts';
import type { KindGuess } from './column-kind.ts';
import type { TypedColumn } from './roles.ts';

export interface SensitiveGuess {
  readonly value: { readonly column: string; readonly bands?: number[] };
  readonly why: string;
}

/** Edges between age groups. */
const ageBands = [25, 40, 60];
/** A number with more values is not a code. */
const mostCodes = 20;

/** Columns that are named as attributes that laws protect. Numbers that are neither ages nor codes form no groups, and are left out. */
export const guessSensitive = (columns: readonly (KindGuess & { readonly column: TypedColumn })[]): SensitiveGuess[] =>
  columns.flatMap(({ column: { facts }, kind }): SensitiveGuess[] => {
    const word = sensitiveWord(facts.name);
    if (word === null || kind === 'carried') return [];
    const why = `named ${word}`;
    if (kind === 'categorical') return [{ value: { column: facts.name }, why }];
    const bands = word === 'age' ? ageBands.filter((edge) => edge > (facts.min ?? 0) && edge <= (facts.max ?? 0)) : [];
    if (bands.length > 0) return [{ value: { column: facts.name, bands }, why }];
    return word !== 'age' && facts.distinct <= mostCodes ? [{ value: { column: facts.name }, why }] : [];
  });
