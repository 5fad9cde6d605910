import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { upsertSearchAttributes } from '@temporalio/workflow';
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
