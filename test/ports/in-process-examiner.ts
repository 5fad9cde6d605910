import type { ImportExaminer } from '../../ports/import-examiner/port.ts';
import { takeImport } from '../../ports/import-examiner/take-import.ts';
import type { InferenceEngine } from '../../ports/inference/port.ts';

/** Examines models that are known to be harmless without a process for each, as tests of many models need it. */
export const inProcessExaminer = (inference: Pick<InferenceEngine, 'load'>): Pick<ImportExaminer, 'examine'> => ({
  examine: (model, definition, dataset) => takeImport(model, definition, dataset, (bytes) => inference.load(bytes)),
});
