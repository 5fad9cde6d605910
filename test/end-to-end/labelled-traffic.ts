import { setTimeout as delay } from 'node:timers/promises';

/** A live request of the plain protocol: one row, or a list, and what will turn out to be true of each. */
export interface LabelledRequest {
  readonly body: object;
  readonly labels: readonly (string | number)[];
}

interface Answered {
  readonly request_id: string;
}

export interface LabelledTraffic {
  readonly counts: { answers: number; refused: string[]; last: unknown };
  stop(): Promise<void>;
}

/** Live requests at a steady rate; the labels of each come back half a second after its answer. */
export function startLabelledTraffic(of: {
  gateway: string;
  model: string;
  requests: readonly LabelledRequest[];
  perSecond: number;
}): LabelledTraffic {
  const counts: LabelledTraffic['counts'] = { answers: 0, refused: [], last: null };
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
