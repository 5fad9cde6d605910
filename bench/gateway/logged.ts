import { setTimeout as delay } from 'node:timers/promises';
import { createFileStore } from '../../ports/artifact-store/file.ts';
import { SegmentIndex } from '../../ports/prediction-log/segment-index.ts';

const patienceMs = 60_000;

/** Requests in the sealed segments of a gateway's store, once they are so many or no more have come for a minute; a segment's rows are requests here. */
export async function loggedRequests(storeUrl: string, wanted: number): Promise<number> {
  const store = createFileStore(storeUrl);
  try {
    const index = new SegmentIndex(store, 1_000_000);
    let requests = 0;
    for (let changed = Date.now(); requests < wanted && Date.now() - changed < patienceMs; await delay(200)) {
      const segments = await index.since('dense', 0);
      const now = segments.reduce((sum, { rows }) => sum + rows, 0);
      if (now > requests) changed = Date.now();
      requests = now;
    }
    return requests;
  } finally {
    await store.close();
  }
}
