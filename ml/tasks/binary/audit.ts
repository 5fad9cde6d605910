import { auditAttribute } from '../../fairness/audit.ts';
import { binaryOf } from '../../metrics/binary-predictions.ts';
import type { Task } from '../task.ts';

/** Rates of the positive label by group, and the gaps between them. */
export const auditBinary: Task['audit'] = ({ outcomes, candidate, champion, ...audit }) =>
  auditAttribute({
    ...audit,
    labels: new Uint8Array(outcomes.truth),
    candidate: binaryOf(candidate),
    champion: champion === null ? null : binaryOf(champion),
  });
