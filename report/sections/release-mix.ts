import type { Arm } from '../../contracts/release/arm.ts';
import { totalOf, type PredictedKeys, type ReleaseObservation } from '../../contracts/evidence/release.ts';
import { formatNumber, formatPercent } from '../format.ts';
import { html } from '../html.ts';
import type { Part } from '../html.ts';
import { numberColumn, table, textColumn } from '../elements.ts';

/** What live keys were predicted, where the policy judges the mix. */
export function releaseMix({ mix }: ReleaseObservation): Part {
  if (mix === undefined) return null;
  const allOf = (arm: Arm): number => mix.reduce((sum, one) => sum + totalOf(one.events, arm), 0);
  const cell = (one: PredictedKeys, arm: Arm): Part => {
    const [keys, all] = [totalOf(one.events, arm), allOf(arm)];
    return html`${formatNumber(keys)} <span class="aside">${formatPercent(all === 0 ? null : keys / all)}</span>`;
  };
  return table({
    caption: 'Predictions for keys by their first live request, while both versions had a share',
    columns: [textColumn('Prediction'), numberColumn('Champion'), numberColumn('Candidate')],
    rows: mix.map((one) => [one.prediction, cell(one, 'champion'), cell(one, 'canary')]),
  });
}
