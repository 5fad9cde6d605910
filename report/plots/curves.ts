import type { QualityEvidence } from '../../contracts/evidence/quality.ts';
import type { TrainingEvidence } from '../../contracts/evidence/training.ts';
import { formatNumber } from '../format.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { drawing } from '../svg.ts';
import { axes, path, point, size } from './axes.ts';
import { domainOf } from './strips.ts';

type Training = NonNullable<TrainingEvidence['training']>;

/** Loss of training and validation by epoch or round, with the one that was kept. */
export function trainingCurve(
  { curve, bestEpoch }: Training,
  { one, several }: { one: string; several: string },
): Html {
  const epochs = curve.map(({ epoch }) => epoch);
  const losses = curve.flatMap(({ trainLoss, validationLoss }) => [trainLoss, validationLoss]);
  const area = axes({
    x: [Math.min(...epochs), Math.max(...epochs)],
    y: domainOf(losses),
    xTitle: one,
    yTitle: 'loss',
    whole: true,
  });
  const best = curve.find(({ epoch }) => epoch === bestEpoch);
  const label = `Loss by ${one} over ${curve.length} ${several}; the best validation loss is ${formatNumber(best?.validationLoss)} at ${one} ${bestEpoch}`;
  return drawing(
    size,
    label,
    html`${area.frame}
    ${path(
      area,
      curve.map(({ epoch, trainLoss }) => [epoch, trainLoss]),
      'champion',
    )}
    ${path(
      area,
      curve.map(({ epoch, validationLoss }) => [epoch, validationLoss]),
      'candidate',
    )}
    ${best === undefined ? null : point(area, [best.epoch, best.validationLoss], 'candidate', 5)}`,
  );
}

/** True positives against false positives over all thresholds. */
export function rocCurve(points: QualityEvidence['roc'], auc: number | null): Html {
  const area = axes({ x: [0, 1], y: [0, 1], xTitle: 'false positive rate', yTitle: 'true positive rate' });
  return drawing(
    size,
    `ROC curve of the candidate; the area under it is ${formatNumber(auc)}`,
    html`${area.frame}
    ${path(
      area,
      [
        [0, 0],
        [1, 1],
      ],
      'reference',
    )}
    ${path(area, points, 'candidate')}`,
  );
}

/** What was observed against what was predicted; the area of a point is its share of the rows. */
export function reliabilityDiagram(bins: QualityEvidence['reliability'], ece: number | null): Html {
  const area = axes({ x: [0, 1], y: [0, 1], xTitle: 'predicted probability', yTitle: 'observed share' });
  const filled = bins.filter(({ rows }) => rows > 0);
  const most = Math.max(1, ...filled.map(({ rows }) => rows));
  return drawing(
    size,
    `Reliability diagram of the candidate in ${filled.length} bins; the expected calibration error is ${formatNumber(ece)}`,
    html`${area.frame}
    ${path(
      area,
      [
        [0, 0],
        [1, 1],
      ],
      'reference',
    )}
    ${path(
      area,
      filled.map(({ predicted, observed }) => [predicted, observed]),
      'candidate',
    )}
    ${filled.map(({ predicted, observed, rows }) => point(area, [predicted, observed], 'candidate', 2 + 5 * Math.sqrt(rows / most)))}`,
  );
}

/** Mean truth against mean prediction, in the unit of the target. */
export function meansDiagram(bins: QualityEvidence['reliability']): Html {
  const [low, high] = domainOf(
    bins.flatMap(({ predicted, observed }) => [predicted, observed]),
    0.05,
  );
  const area = axes({ x: [low, high], y: [low, high], xTitle: 'mean prediction', yTitle: 'mean truth' });
  return drawing(
    size,
    `Mean truth against mean prediction in ${bins.length} bins of equally many rows`,
    html`${area.frame}
    ${path(
      area,
      [
        [low, low],
        [high, high],
      ],
      'reference',
    )}
    ${path(
      area,
      bins.map(({ predicted, observed }) => [predicted, observed]),
      'candidate',
    )}
    ${bins.map(({ predicted, observed }) => point(area, [predicted, observed], 'candidate', 4))}`,
  );
}
