import { limitsOf, oddityOf } from '../../contracts/data/column-limits.ts';
import type { DatasetDefinition } from '../../contracts/data/dataset.ts';
import type { DriftResult } from '../../contracts/evidence/data.ts';
import type { MonitorEvidence } from '../../contracts/evidence/monitor.ts';
import type { TrainedCodes } from '../../contracts/data/trained-codes.ts';
import type { Frame } from '../../contracts/data/frame.ts';
import type { ModelDefinition } from '../../contracts/model/model-definition.ts';
import type { Check, Verdict } from '../../contracts/verdict.ts';
import { check, reported, short } from '../check.ts';
import { hasMoved, movedCheck, psiLimitsOf } from './drift.ts';
import { accuracyChecks, type AccuracyFacts } from './monitor-accuracy.ts';
import { verdictOf } from '../verdict.ts';

export interface LiveFacts extends Omit<AccuracyFacts, 'limits'> {
  readonly requests: number;
  /** Keys with equally many requests that the requests are worth. */
  readonly keys: number;
  /** p-values for "PSI at most `policy.psi`". */
  readonly drift: readonly DriftResult[];
  /** Answered requests, and those with a value that training was not to see, by column. */
  readonly answered: number;
  readonly odd: MonitorEvidence['odd'];
  readonly policy: ModelDefinition['monitor'];
  /** Limits that the data gate of a run would judge drift by. */
  readonly gate: ModelDefinition['data']['psi'];
  /** Whether the model takes tensors that are not columns: it has no drift, and no run can train it. @default false */
  readonly isOnTensors?: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The last run of the model, and whether it is under way; null where there was none. */
  readonly lastRun: { readonly id: string; readonly startedAt: number; readonly isOpen: boolean } | null;
}

/** Counts, by column, the rows of live inputs with a value that training did not see: a code of none of `codes`, or one outside the range. */
export function oddInputs(
  { columns }: Frame,
  dataset: Pick<DatasetDefinition, 'columns'>,
  codes: TrainedCodes = {},
): MonitorEvidence['odd'] {
  return Object.entries(columns).flatMap(([column, { values }]) => {
    const declared = dataset.columns[column];
    const limits = declared === undefined ? null : limitsOf(declared, codes[column]);
    if (limits === null) return [];
    const counts = { outside: 0, unknown: 0 };
    for (let row = 0; row < values.length; row += 1) {
      const oddity = oddityOf(values[row]!, limits);
      if (oddity !== null) counts[oddity] += 1;
    }
    return counts.outside + counts.unknown === 0 ? [] : [{ column, ...counts }];
  });
}

/**
 * Judges a window of live traffic: drift by the lower bound of the PSI, accuracy as `accuracyChecks` says. A failed check triggers a run, unless the last one is
 * under way or started within the cooldown, or it would be stopped by its data gate. The trigger is the reason in words, null where none should
 * start; what keeps a run from being started is in the verdict.
 */
export function judgeMonitor(facts: LiveFacts): { verdict: Verdict; trigger: string | null } {
  const { requests, keys, policy } = facts;
  if (requests < policy.minRequests) {
    const message = `${requests} requests in the window, at least ${policy.minRequests} are needed to judge it`;
    return {
      verdict: verdictOf([check('live.requests', 'inconclusive', requests, policy.minRequests, message)]),
      trigger: null,
    };
  }
  if (keys < policy.minKeys) {
    const message = `the ${requests} requests in the window come from as few keys as ${short(keys)} equally busy ones, at least ${policy.minKeys} are needed to judge it: wait for more callers, or lower monitor.minKeys`;
    return {
      verdict: verdictOf([check('live.keys', 'inconclusive', keys, policy.minKeys, message)]),
      trigger: null,
    };
  }
  const verdict = verdictOf([
    check('live.requests', 'pass', requests, policy.minRequests, `${requests} requests in the window`),
    ...driftChecks(facts),
    ...accuracyChecks({ ...facts, limits: policy }),
    ...oddChecks(facts),
    ...unwatched(facts),
  ]);
  if (verdict.status !== 'fail') return { verdict, trigger: null };
  const held = [...untrainable(facts), ...forbidden(facts), ...waiting(facts)];
  const trigger = held.length > 0 ? null : reasonOf(verdict);
  return { verdict: { ...verdict, checks: [...verdict.checks, ...held] }, trigger };
}

function driftChecks({ drift, policy: { psi } }: LiveFacts): Check[] {
  const moved = drift.filter((result) => hasMoved(result, psi));
  if (moved.length > 0) return moved.map((result) => movedCheck(result, 'fail', psi, 'monitor.psi'));
  if (drift.length === 0) return [];
  const highest = Math.max(...drift.map(({ lower }) => lower));
  return [check('columns.psi', 'pass', highest, psi, `no column has moved by a PSI above ${psi}`)];
}

/** They were answered, and never start a run: it would stop at its data checks. A column that is meant to move is counted alone. */
function oddChecks({ odd, answered, gate }: LiveFacts): Check[] {
  const watched = odd.filter(({ column }) => psiLimitsOf(gate, column) !== null);
  return watched.flatMap(({ column, outside, unknown }) => {
    const of = `of ${answered} answered requests`;
    const range = `${column}: ${outside} ${of} had a value outside the dataset's range: look at the callers, or widen min and max`;
    const codes = `${column}: ${unknown} ${of} had a category that training did not see: look at the callers, or train again`;
    return [
      ...(outside > 0 ? [reported(`${column}.range`, 'warn', outside, 0, range)] : []),
      ...(unknown > 0 ? [reported(`${column}.allowed`, 'warn', unknown, 0, codes)] : []),
    ];
  });
}

/** Without columns and limits nothing is judged. */
function unwatched({ isOnTensors = false, policy: { minAccuracy, maxError } }: LiveFacts): Check[] {
  if (!isOnTensors || minAccuracy !== undefined || maxError !== undefined) return [];
  const message =
    'only requests are counted: a model on tensors has no columns that could drift; write monitor.minAccuracy or monitor.maxError to judge its labels';
  return [reported('live.limits', 'warn', null, null, message)];
}

function untrainable({ isOnTensors = false }: LiveFacts): Check[] {
  const message = 'no run is started: a model on tensors is trained elsewhere; `pawl import` takes its successor';
  return isOnTensors ? [reported('run.possible', 'warn', null, null, message)] : [];
}

/** A run on rows like these would stop at its data gate, which a person has asked for: it is not started. */
function forbidden({ drift, gate }: LiveFacts): Check[] {
  const stopped = drift.flatMap((result) => {
    const stop = psiLimitsOf(gate, result.column)?.stop ?? null;
    return stop !== null && hasMoved(result, stop) ? [{ ...result, stop }] : [];
  });
  const [first] = stopped;
  if (first === undefined) return [];
  const names = stopped.map(({ column }) => column).join(', ');
  const message = `no run is started: its data gate would stop it for drift of ${names}: mend the source, or raise data.psi.stop`;
  return [reported('run.allowed', 'warn', first.lower, first.stop, message)];
}

/** A run that waits for a person would be joined by its like at every analysis. */
function waiting({ policy: { cooldown }, now, lastRun }: LiveFacts): Check[] {
  if (lastRun === null) return [];
  const { id, startedAt, isOpen } = lastRun;
  const held = (message: string): Check[] => [reported('run.due', 'warn', null, null, message)];
  if (isOpen) return held(`no run is started: ${id} is under way: \`pawl status ${id}\` shows what it waits for`);
  if (now - startedAt >= cooldown) return [];
  const until = new Date(startedAt + cooldown).toISOString();
  return held(`no run is started before ${until}: ${id} started within monitor.cooldown`);
}

const reasonOf = ({ checks }: Verdict): string =>
  checks
    .filter(({ status }) => status === 'fail')
    .map(({ message }) => message)
    .join('; ');
