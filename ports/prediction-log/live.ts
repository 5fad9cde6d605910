import type { ColumnData, Frame } from '../../contracts/frame.ts';
import type { FeedbackRecord, LogSegment, PredictionRecord } from '../../contracts/prediction-log.ts';
import { earlier, keepEarliest, sameLabel } from './by-id.ts';
import type { LiveWindow, LiveWindowData } from './port.ts';
import { readSegment, type LogStore } from './segments.ts';

/** Requests of the window and what became of them; of records with one id the earliest counts. */
export async function readLive(
  store: LogStore,
  window: LiveWindow,
  segments: readonly LogSegment[],
): Promise<LiveWindowData> {
  const predictions = new Map<string, PredictionRecord>();
  const feedback = new Map<string, FeedbackRecord>();
  for (const segment of segments)
    await readSegment(store, segment, true, (record) => {
      if (record.kind === 'feedback') keepEarliest(feedback, record);
      if (record.kind === 'prediction' && record.at >= window.from && record.at < window.to)
        keepEarliest(predictions, record);
    });
  const all = [...predictions.values()].toSorted((a, b) => (earlier(a, b) ? -1 : 1));
  const answered = all.filter((record) => record.error === null);
  const right = answered.flatMap(({ id, label }) => {
    const truth = feedback.get(id)?.label;
    return truth === undefined || label === null ? [] : [sameLabel(label, truth) ? 1 : 0];
  });
  return {
    requests: all.length,
    errors: all.length - answered.length,
    inputs: frameOf(window.columns, answered),
    predicted: Uint8Array.from(answered, ({ label }) => (sameLabel(label, window.positive) ? 1 : 0)),
    right: Uint8Array.from(right),
  };
}

/** A column with any text is text: clients may send one category as `"3"` and as `3`. */
function frameOf(columns: readonly string[], records: readonly PredictionRecord[]): Frame {
  const data = columns.map((name): [string, ColumnData] => {
    const values = records.map(({ inputs }) => inputs[name] ?? null);
    if (values.some((value) => typeof value === 'string'))
      return [name, { type: 'string', values: values.map((value) => (value === null ? '' : String(value))) }];
    return [
      name,
      { type: 'number', values: Float64Array.from(values, (value) => (value === null ? NaN : Number(value))) },
    ];
  });
  return { rowCount: records.length, columns: Object.fromEntries(data) };
}
