import type { StoreDifference } from '../../contracts/store-difference.ts';
import { misplaced } from '../differences.ts';
import { BlobCheck, changedSince } from './checks.ts';
import type { Registry } from './port.ts';

type LogRegistry = Pick<Registry, 'analyses' | 'guardSlots' | 'lastMonitor' | 'isAsWritten'>;

/** Analyses that are checked at once: a long release has thousands. */
const atOnce = 32;

/** What differs in the analyses of a release, whose evidence is read, and in who judges it. */
export async function verifyRelease(
  blobs: BlobCheck,
  registry: LogRegistry,
  model: string,
  release: string,
): Promise<StoreDifference[]> {
  const differences: StoreDifference[] = [];
  const analyses = await registry.analyses(model, release);
  for (let from = 0; from < analyses.length; from += atOnce)
    differences.push(
      ...(
        await Promise.all(
          analyses.slice(from, from + atOnce).map(async (analysis) => {
            const what = `analysis of ${new Date(analysis.at).toISOString()} at the release ${release}`;
            return [
              ...(analysis.model === model && analysis.release === release ? [] : [{ what, why: misplaced }]),
              ...(await changedSince(registry, what, analysis)),
              ...(await blobs.of(`evidence of the ${what}`, analysis.evidence)),
            ];
          }),
        )
      ).flat(),
    );
  for (const slot of await registry.guardSlots(model, release)) {
    const what = `judge ${slot.slot} of the release ${release}`;
    if (slot.model !== model || slot.release !== release) differences.push({ what, why: misplaced });
    differences.push(...(await changedSince(registry, what, slot)));
  }
  return differences;
}

/** What differs in what the monitor found last. */
export async function verifyMonitor(
  blobs: BlobCheck,
  registry: LogRegistry,
  model: string,
): Promise<StoreDifference[]> {
  const found = await registry.lastMonitor(model);
  if (found === null) return [];
  const what = 'what the monitor found last';
  return [
    ...(found.model === model ? [] : [{ what, why: misplaced }]),
    ...(await changedSince(registry, what, found)),
    ...(found.evidence === null ? [] : await blobs.of(`evidence of ${what}`, found.evidence)),
  ];
}
