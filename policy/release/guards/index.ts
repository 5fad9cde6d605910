import { accuracy } from './accuracy.ts';
import { agreement } from './agreement.ts';
import { bakeErrors } from './bake-errors.ts';
import { bakeSlow } from './bake-slow.ts';
import { errors } from './errors.ts';
import { fairness } from './fairness.ts';
import type { GuardDefinition } from './guard.ts';
import { liveAccuracy } from './live-accuracy.ts';
import { mirroredErrors } from './mirrored-errors.ts';
import { mirroredSlow } from './mirrored-slow.ts';
import { mix } from './mix.ts';
import { negatives } from './negatives.ts';
import { outOfRange } from './out-of-range.ts';
import { positives } from './positives.ts';
import { sampleRatio } from './sample-ratio.ts';
import { scoreBand } from './score-band.ts';
import { scoreShift } from './score-shift.ts';
import { slow } from './slow.ts';
import { value } from './value.ts';

/** All guards, in the order of an analysis. */
export const allGuards: readonly GuardDefinition[] = [
  accuracy,
  errors,
  slow,
  positives,
  negatives,
  sampleRatio,
  mirroredErrors,
  mirroredSlow,
  liveAccuracy,
  value,
  agreement,
  scoreShift,
  scoreBand,
  outOfRange,
  fairness,
  mix,
  bakeErrors,
  bakeSlow,
];
