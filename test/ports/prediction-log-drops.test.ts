import { expect, it } from 'vitest';
import { droppedMirror } from '../../contracts/serving/prediction-log.ts';
import { feedback, mirror, prediction, since } from './log-entries.ts';
import { useReleaseLogs } from './release-log.ts';

const { observe } = useReleaseLogs();

it('counts copies that were dropped, and the keys that have no other, until somebody makes up for them', async () => {
  const dropped = { error: `${droppedMirror}queue full`, label: null, ms: 0 };
  const segments = [
    [
      prediction('a', { key: 'k', at: since + 1 }),
      prediction('b', { key: 'k', at: since + 2 }),
      prediction('c', { key: 'lost', at: since + 3 }),
      prediction('d', { key: 'lost', at: since + 4 }),
      prediction('e', { key: 'young', at: since + 9 }),
    ],
    [mirror('a', dropped), mirror('b'), mirror('c', dropped), mirror('d', dropped), mirror('e', dropped)],
    ['a', 'b', 'c', 'd', 'e'].map((id) => feedback(id, 0)),
  ];
  const seen = await observe({ matureBefore: since + 6 }, ...segments);
  expect(seen.mirrored).toMatchObject({ requests: 1, errors: 0, dropped: 4 });
  expect(seen.mirroredKeys).toMatchObject({ keys: 1, errors: { canary: 0 } });
  expect(seen.paired).toMatchObject({ labels: 1, missing: 0, dropped: 2 });
  expect(seen.mature).toMatchObject({ labels: 1, dropped: 1 });
  expect(seen.agreement).toMatchObject({ pairs: 1, missing: 2 });
  const later = await observe({ matureBefore: since + 6 }, ...segments, [mirror('c', { at: since + 99 }), mirror('e')]);
  expect(later.mirrored).toMatchObject({ requests: 3, dropped: 2 });
  expect(later.paired).toMatchObject({ labels: 3, dropped: 0 });
});
