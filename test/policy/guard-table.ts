import type { GuardDefinition } from '../../policy/release/guards/guard.ts';

/** Rows of the table in `docs/releases.md`: guards with the same words share one. */
export function guardTable(guards: readonly GuardDefinition[]): string[] {
  const rows = new Map<string, string[]>();
  for (const { name, docs } of guards) {
    const { setting, evidence, hypothesis } = docs;
    const words = `${setting === undefined ? '' : `, with \`${setting}\``} | ${evidence} | ${hypothesis} |`;
    rows.set(words, [...(rows.get(words) ?? []), `\`${name}\``]);
  }
  return [...rows].map(([words, names]) => `| ${names.join(', ')}${words}`);
}
