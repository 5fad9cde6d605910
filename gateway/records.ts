import type { PredictionRecord } from '../contracts/prediction-log.ts';
import type { InferRequest, Scalar } from './protocol/infer-request.ts';
import type { RowAnswer } from './protocol/infer-response.ts';

/** Ids of a request's records: its own, or `<id>/<row>` where it has several rows. */
export const recordIds = (id: string, rows: number): string[] =>
  rows === 1 ? [id] : Array.from({ length: rows }, (_, row) => `${id}/${row}`);

/** What the records of one request have in common. */
export type RequestFacts = Omit<PredictionRecord, 'kind' | 'id' | 'inputs' | 'label' | 'probability'> & { id: string };

/** One record per row. `inputs` stands last, so that a reader that does not want them can stop before. */
export function predictionRecords(
  facts: RequestFacts,
  request: InferRequest,
  inputs: readonly string[],
  answers: readonly RowAnswer[] | null,
): PredictionRecord[] {
  return recordIds(facts.id, request.rows).map((id, row) => ({
    kind: 'prediction',
    ...facts,
    id,
    label: answers?.[row]?.label ?? null,
    probability: answers?.[row]?.probability ?? null,
    inputs: rowInputs(request, inputs, row),
  }));
}

function rowInputs(request: InferRequest, names: readonly string[], row: number): Record<string, Scalar> {
  const inputs: Record<string, Scalar> = {};
  for (const name of names) {
    const value = request.columns.get(name)?.data[row];
    if (value !== undefined) inputs[name] = value;
  }
  return inputs;
}
