import { withLogDatabase } from '../../ports/prediction-log/query/log-database.ts';
import { sealSegment } from '../../ports/prediction-log/sealing/seal-segment.ts';
import type { SegmentSealer } from '../../ports/prediction-log/port.ts';

/** Seals in this process, one segment after the other. */
export function createSealerHere(): SegmentSealer {
  let last: Promise<unknown> = Promise.resolve();
  let closed = false;
  return {
    seal(framed, parquet) {
      const sealed = last.then(() => {
        if (closed) throw new Error(`${framed} is not sealed any more: the sealer is closed`);
        return withLogDatabase({ memory: '256MB', threads: 1 }, (connection) =>
          sealSegment(connection, framed, parquet),
        );
      });
      last = sealed.catch(() => undefined);
      return sealed;
    },
    close: async () => void (closed = true),
  };
}
