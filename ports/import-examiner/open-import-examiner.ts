import type { ImportExaminer } from './port.ts';
import { createImportExaminer } from './process.ts';

/** What examines models from elsewhere: a process of its own for each. */
export const openImportExaminer = (): ImportExaminer => createImportExaminer();
