import { setTimeout as delay } from 'node:timers/promises';
import type { OwnPlatform } from './own-platform.ts';
import { until } from './scene.ts';

/** A live request of the plain protocol: one row, or a list, and what will turn out to be true of each. */
export interface LabelledRequest {
  readonly body: object;
  readonly labels: readonly (string | number)[];
}

interface Answered {
  readonly request_id: string;
}

export interface LabelledCounts {
  answers: number;
  readonly refused: string[];
  last: unknown;
}

interface LabelledTraffic {
  readonly counts: LabelledCounts;
  readonly stop: () => Promise<void>;
}

interface Asked {
  readonly model: string;
  readonly requests: readonly LabelledRequest[];
  readonly perSecond: number;
}

/** Traffic to the platform's gateway from its first answers on, until the platform stops. What was refused before them is forgotten. */
export async function labelledTraffic(own: OwnPlatform, asked: Asked): Promise<LabelledCounts> {
  const { counts, stop } = startTraffic({ gateway: own.platform.addresses.gateway.http, ...asked });
  own.onStop(stop);
  await until('requests are answered', async () => (counts.answers > 20 ? true : null));
  // The gateway may not have had the version yet.
  counts.refused.length = 0;
  return counts;
}

/** Live requests at a steady rate; the labels of each come back half a second after its answer. */
function startTraffic(of: Asked & { readonly gateway: string }): LabelledTraffic {
  const counts: LabelledCounts = { answers: 0, refused: [], last: null };
  const stop = new AbortController();
  const open = new Set<Promise<void>>();
  const post = async (path: string, body: unknown): Promise<unknown> => {
    const response = await fetch(`${of.gateway}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return text === '' ? null : (JSON.parse(text) as unknown);
  };
  const ask = async ({ body, labels }: LabelledRequest): Promise<void> => {
    const reply = await post(`/predict/${of.model}`, body);
    counts.answers += 1;
    counts.last = reply;
    const { predictions } = reply as { predictions?: readonly Answered[] };
    const rows = predictions ?? [reply as Answered];
    await delay(500);
    await post(
      '/feedback',
      rows.map(({ request_id }, row) => ({ request_id, label: labels[row], model: of.model })),
    );
  };
  const loop = (async () => {
    for (let i = 0; !stop.signal.aborted; i += 1) {
      const work = ask(of.requests[i % of.requests.length]!)
        .catch((error: unknown) => void counts.refused.push(String(error)))
        .finally(() => open.delete(work));
      open.add(work);
      await delay(1_000 / of.perSecond);
    }
  })();
  return {
    counts,
    async stop() {
      stop.abort();
      await loop;
      await Promise.all(open);
    },
  };
}
