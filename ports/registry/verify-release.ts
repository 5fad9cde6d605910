import { misplaced, type Difference } from '../differences.ts';
import { BlobCheck, changedSince } from './checks.ts';
import type { Registry } from './port.ts';

type LogRegistry = Pick<Registry, 'looks' | 'guardSlots' | 'lastMonitor' | 'isAsWritten'>;

/** Looks that are checked at once: a long release has thousands. */
const atOnce = 32;

/** What differs in the looks at a release, whose evidence is read, and in who judges it. */
export async function verifyRelease(
  blobs: BlobCheck,
  registry: LogRegistry,
  model: string,
  release: string,
): Promise<Difference[]> {
  const differences: Difference[] = [];
  const looks = await registry.looks(model, release);
  for (let from = 0; from < looks.length; from += atOnce)
    differences.push(
      ...(
        await Promise.all(
          looks.slice(from, from + atOnce).map(async (look) => {
            const what = `look of ${new Date(look.at).toISOString()} at the release ${release}`;
            return [
              ...(look.model === model && look.release === release ? [] : [{ what, why: misplaced }]),
              ...(await changedSince(registry, what, look)),
              ...(await blobs.of(`evidence of the ${what}`, look.evidence)),
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
export async function verifyMonitor(blobs: BlobCheck, registry: LogRegistry, model: string): Promise<Difference[]> {
  const found = await registry.lastMonitor(model);
  if (found === null) return [];
  const what = 'what the monitor found last';
  return [
    ...(found.model === model ? [] : [{ what, why: misplaced }]),
    ...(await changedSince(registry, what, found)),
    ...(found.evidence === null ? [] : await blobs.of(`evidence of ${what}`, found.evidence)),
  ];
}
