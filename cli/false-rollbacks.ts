import { loadDocument } from '../activities/support/documents.ts';
import { modelDefinitionSchema } from '../contracts/model/model-definition.ts';
import { expectedFalseRollbacks, type AlphaBudget } from '../policy/release/alpha-budget.ts';
import { guardBudget } from '../policy/release/guards-in-force.ts';
import type { Context } from './context.ts';
import { roundedPercent } from './output.ts';

/** What guards do by chance at most, were all candidates harmless. */
export interface FalseRollbacks extends ReturnType<typeof expectedFalseRollbacks> {
  readonly releases: number;
}

export const falseRollbacksOf = (budgets: readonly AlphaBudget[]): FalseRollbacks => ({
  releases: budgets.length,
  ...expectedFalseRollbacks(budgets),
});

/** Of a model's ended releases that were compared with a champion, each by its own policy. */
export async function falseRollbacksIn({ ports }: Pick<Context, 'ports'>, model: string): Promise<FalseRollbacks> {
  const bytes = new Map((await ports.registry.versions(model)).map((one) => [one.version, one.candidate.model]));
  const tries = new Map<string | undefined, number>();
  const budgets: AlphaBudget[] = [];
  for (const { champion, definition, result } of await ports.registry.releases(model)) {
    const digest = bytes.get(result.version);
    const retry = (tries.get(digest) ?? 0) + 1;
    tries.set(digest, retry);
    if (champion === null) continue;
    const { release } = await loadDocument(ports.store, modelDefinitionSchema, definition);
    budgets.push(guardBudget(release, retry));
  }
  return falseRollbacksOf(budgets);
}

/** For people: a sentence, or nothing where there was no release. */
export function describeFalseRollbacks({ releases, expected, atLeastOne }: FalseRollbacks): string[] {
  if (releases === 0) return [];
  const candidates = releases === 1 ? 'the candidate of 1 release' : `all candidates of ${releases} releases`;
  const most = Number(expected.toPrecision(2));
  return [
    `were ${candidates} harmless, the guards would roll back at most ${most} in expectation, and any at all with a chance of at most ${roundedPercent(atLeastOne)}`,
  ];
}
