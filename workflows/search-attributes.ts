import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { searchAttributes } from '../contracts/names.ts';

const keys = {
  model: defineSearchAttributeKey(searchAttributes.model, SearchAttributeType.KEYWORD),
  stage: defineSearchAttributeKey(searchAttributes.stage, SearchAttributeType.KEYWORD),
  verdict: defineSearchAttributeKey(searchAttributes.verdict, SearchAttributeType.KEYWORD),
  version: defineSearchAttributeKey(searchAttributes.version, SearchAttributeType.INT),
};

/** Makes the execution findable: `temporal workflow list --query 'PawlModel="employment" and PawlVerdict="fail"'`. */
export function markSearchable(marks: { model?: string; stage?: string; verdict?: string; version?: number }): void {
  upsertSearchAttributes([
    ...(marks.model === undefined ? [] : [{ key: keys.model, value: marks.model }]),
    ...(marks.stage === undefined ? [] : [{ key: keys.stage, value: marks.stage }]),
    ...(marks.verdict === undefined ? [] : [{ key: keys.verdict, value: marks.verdict }]),
    ...(marks.version === undefined ? [] : [{ key: keys.version, value: marks.version }]),
  ]);
}

/** Temporal's own: when a schedule meant this execution to start. */
const scheduledStart = defineSearchAttributeKey('TemporalScheduledStartTime', SearchAttributeType.DATETIME);

/** When this execution was due, in ISO form: by its schedule, however late it began, or when it was started. */
export function dueTime(): string {
  const { typedSearchAttributes, startTime } = workflowInfo();
  return (typedSearchAttributes.get(scheduledStart) ?? startTime).toISOString();
}
