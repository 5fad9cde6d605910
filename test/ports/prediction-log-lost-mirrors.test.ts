import { array, assert, asyncProperty, boolean, constantFrom, integer, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mirrorVersion } from '../../contracts/release/mirrored-requests.ts';
import type { LogEntry } from '../../contracts/serving/prediction-log.ts';
import { droppedMirror } from '../../contracts/serving/prediction-log.ts';
import type { MirrorWindow } from '../../policy/release/observe/release-window.ts';
import { canary, feedback, mirror, prediction, since } from './log-entries.ts';
import { useReleaseLogs } from './release-log.ts';

const { observe } = useReleaseLogs();
const states = (...samples: (number | null)[]): MirrorWindow['records'] =>
  samples.map((sample, i) => ({
    seq: i + 1,
    champion: 1,
    previous: null,
    shadow: sample === null ? null : { version: 2, sample },
  }));
const mirrors = (dueBefore: number, records = states(null, null, 1)): MirrorWindow => ({
  salt: 's',
  records,
  dueBefore,
});

describe('a copy that never came, nor was noted as dropped', () => {
  const entries: LogEntry[] = [
    prediction('a', { key: 'k', at: since + 1 }),
    mirror('a'),
    prediction('b', { key: 'k', at: since + 2 }),
    prediction('c', { key: 'lost', at: since + 3 }),
    prediction('d', { key: 'young', at: since + 9 }),
    ...['a', 'b', 'c', 'd'].map((id) => feedback(id, 0)),
  ];

  it('counts as dropped once it is late, and its key where it has no other copy', async () => {
    const seen = await observe({ mirrors: mirrors(since + 9) }, entries);
    expect(seen.mirrored).toMatchObject({ requests: 1, dropped: 2 });
    expect(seen.paired).toMatchObject({ labels: 1, dropped: 1 });
    expect(seen.agreement).toMatchObject({ pairs: 1, missing: 1 });
    expect((await observe({ mirrors: mirrors(since + 10) }, entries)).mirrored.dropped).toBe(3);
    expect((await observe({}, entries)).mirrored.dropped).toBe(0);
  });

  it('is made up for by one that comes later', async () => {
    const later = [mirror('b', { at: since + 1e9 }), mirror('c', { at: since + 1e9 })];
    const seen = await observe({ mirrors: mirrors(since + 9) }, entries, later);
    expect(seen.mirrored).toMatchObject({ requests: 3, dropped: 0 });
    expect(seen.paired).toMatchObject({ labels: 2, dropped: 0 });
  });

  it('is missed of a request that failed, as its inputs are in the log', async () => {
    const seen = await observe({ mirrors: mirrors(Infinity) }, [
      prediction('failed', { error: 'broken', label: null }),
    ]);
    expect(seen.mirrored).toMatchObject({ requests: 0, dropped: 1 });
  });

  it('is not missed of a request that does not count, or that was left out', async () => {
    const seen = await observe({ mirrors: mirrors(Infinity), skip: [{ from: since + 5, to: since + 8 }] }, [
      prediction('by hand', { release: null }),
      prediction('unknown state', { seq: 4 }),
      prediction('nothing was copied', { seq: 2 }),
      prediction('warm-up', { at: since + 6 }),
      prediction('third version', { version: 3 }),
      prediction('copied in the warm-up', { at: since + 4 }),
      mirror('copied in the warm-up', { at: since + 6 }),
    ]);
    expect(seen.mirrored).toMatchObject({ requests: 1, dropped: 0 });
  });

  it('is due as the gateway decided by the state of the record and the id, whoever answered', async () => {
    const requests = array(
      record({
        seq: integer({ min: 1, max: 5 }),
        byCanary: boolean(),
        copy: constantFrom('lost', 'lost', 'came', 'noted'),
      }),
      { minLength: 20, maxLength: 60 },
    );
    let due = 0;
    await assert(
      asyncProperty(requests, integer({ min: 1, max: 19 }), async (asked, cut) => {
        const records = states(0, 0.3, 1, null, 0.7);
        const all = asked.map(({ seq, byCanary, copy }, i) => {
          const id = `r${i}`;
          const state = records[seq - 1];
          const version = byCanary ? 2 : 1;
          const other = state === undefined ? null : mirrorVersion({ ...state, salt: 's' }, version, id);
          const dropped = { error: `${droppedMirror}queue full`, label: null };
          const answered = mirror(id, { version: other ?? 1, ...(copy === 'noted' ? dropped : {}) });
          return {
            missed: other !== null && copy !== 'came',
            rows: [
              prediction(id, { seq, ...(byCanary ? canary : {}) }),
              ...(other === null || copy === 'lost' ? [] : [answered]),
            ],
          };
        });
        const entries = all.flatMap(({ rows }) => rows);
        const missed = all.filter((one) => one.missed).length;
        const seen = await observe({ mirrors: mirrors(Infinity, records) }, entries.slice(cut), entries.slice(0, cut));
        expect(seen.mirrored.dropped).toBe(missed);
        due += missed;
      }),
      { seed: 3, numRuns: 12 },
    );
    expect(due).toBeGreaterThan(100);
  });
});
