import type { Difference } from '../../contracts/evidence/quality.ts';
import { pairedBootstrapSteps, type PairedBootstrap } from '../../ml/statistics/paired-bootstrap.ts';

/** All steps at once. */
export function pairedBootstrap(input: PairedBootstrap): Difference[] {
  const steps = pairedBootstrapSteps(input);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
