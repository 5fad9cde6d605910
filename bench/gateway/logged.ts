import { setTimeout as delay } from 'node:timers/promises';
import { logSegmentPrefix, logSegmentSchema } from '../../contracts/serving/prediction-log.ts';
import type { ArtifactStore } from '../../ports/artifact-store/port.ts';
import { openFolder } from '../../ports/open-folder.ts';
import { sum } from '../statistics.ts';

const patienceMs = 60_000;

/** Requests in the sealed segments of a gateway's store, once they are so many or no more have come for a minute; a segment's rows are requests here. */
export async function loggedRequests(storeUrl: string, wanted: number): Promise<number> {
  const { store, close } = openFolder(storeUrl);
  const rows = new Map<string, number>();
  try {
    let requests = 0;
    for (let changed = Date.now(); requests < wanted && Date.now() - changed < patienceMs; await delay(200)) {
      for (const key of await store.listPointers(logSegmentPrefix('dense')))
        if (!rows.has(key)) rows.set(key, await rowsOf(store, key));
      const now = sum([...rows.values()]);
      if (now > requests) changed = Date.now();
      requests = now;
    }
    return requests;
  } finally {
    await close();
  }
}

/** Rows of a sealed segment, whose pointer never changes. */
async function rowsOf(store: ArtifactStore, key: string): Promise<number> {
  const pointer = await store.readPointer(key);
  if (pointer === null || pointer === 'unchanged') throw new Error(`pointer "${key}" was listed and is not there`);
  return logSegmentSchema.parse(JSON.parse(new TextDecoder().decode(pointer.value))).rows;
}
