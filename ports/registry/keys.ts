import { createHash } from 'node:crypto';

/** Where the registry keeps its documents in the store. */
const longestId = 200;

/** A workflow id as one segment of a key. One that is too long is cut and told apart by its hash. */
function idSegment(id: string): string {
  const encoded = encodeURIComponent(id)
    .replaceAll('~', '%7E')
    .replaceAll(/^\.+/g, (dots) => '%2E'.repeat(dots.length));
  if (encoded.length <= longestId) return encoded;
  const hash = createHash('sha256').update(id).digest('hex');
  return `${encoded.slice(0, longestId - hash.length - 1)}.${hash}`;
}

export const modelsFolder = 'models';
const ofModel = (model: string): string => `${modelsFolder}/${idSegment(model)}`;

export const versionsPrefix = (model: string): string => `${ofModel(model)}/versions/`;
export const versionKey = (model: string, version: number): string =>
  `${versionsPrefix(model)}${String(version).padStart(8, '0')}`;

export const deploymentKey = (model: string): string => `${ofModel(model)}/deployment`;
export const historyPrefix = (model: string): string => `${ofModel(model)}/history/`;
export const historyKey = (model: string, seq: number): string =>
  `${historyPrefix(model)}${String(seq).padStart(12, '0')}`;

export const approvalKey = (model: string, run: string): string => `approvals/${idSegment(model)}/${idSegment(run)}`;
/** Of an earlier run whose id was used again. */
export const earlierApprovalKey = (model: string, run: string, evidence: string): string =>
  `${earlierApprovalsPrefix(model, run)}${idSegment(evidence)}`;
export const earlierApprovalsPrefix = (model: string, run: string): string =>
  `earlier-approvals/${idSegment(model)}/${idSegment(run)}/`;

export const monitorKey = (model: string): string => `monitors/${idSegment(model)}`;

export const runKey = (id: string): string => `runs/${idSegment(id)}`;
/** Index of the runs of a model, in the order of their start. */
export const runIndexPrefix = (model: string): string => `runs-of/${idSegment(model)}/`;
export const runIndexKey = (model: string, startedAt: string, id: string): string =>
  `${runIndexPrefix(model)}${encodeURIComponent(startedAt)}/${idSegment(id)}`;

export const analysesPrefix = (model: string, release: string): string =>
  `analyses/${idSegment(model)}/${idSegment(release)}/`;
export const analysisKey = (model: string, release: string, at: number): string =>
  `${analysesPrefix(model, release)}${String(Math.floor(at)).padStart(13, '0')}`;
export const releasesPrefix = (model: string): string => `releases/${idSegment(model)}/`;
/** In the order of their start. */
export const releaseKey = (model: string, startedAt: number, release: string): string =>
  `${releasesPrefix(model)}${String(Math.floor(startedAt)).padStart(13, '0')}/${idSegment(release)}`;

export const guardSlotsPrefix = (model: string, release: string): string =>
  `guards/${idSegment(model)}/${idSegment(release)}/`;
/** A serving process that judges a release by itself holds one of these. */
export const guardSlotKey = (model: string, release: string, slot: number): string =>
  `${guardSlotsPrefix(model, release)}${slot}`;
