import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { LiveRow } from './sources.ts';

export interface DemoCounts {
  requests: number;
  /** Requests that got no prediction, by reason. */
  errors: Record<string, number>;
  labels: number;
  labelErrors: number;
  /** Labels that have not come back yet. */
  labelsDue: number;
  right: number;
  /** Answers, and the time of the first and the last one, by version. */
  versions: Record<string, { answers: number; firstAt: number; lastAt: number }>;
}

export interface DemoTraffic {
  readonly counts: DemoCounts;
  /** Stops asking, waits until every label has come back. */
  stop(): Promise<void>;
}

export const noTraffic = (): DemoCounts => ({
  requests: 0,
  errors: {},
  labels: 0,
  labelErrors: 0,
  labelsDue: 0,
  right: 0,
  versions: {},
});

interface Reply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** Live requests at a steady rate, one row each; the true label of each comes back as feedback after `labelDelayMs`. */
export function startTraffic(options: {
  gateway: string;
  model: string;
  rows: readonly LiveRow[];
  perSecond: number;
  labelDelayMs: number;
  prefix: string;
}): DemoTraffic {
  const { gateway, model, rows, perSecond, labelDelayMs, prefix } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const counts = noTraffic();
  const open = new Set<Promise<void>>();
  const startedAt = Date.now();
  let asked = 0;

  const ask = async (row: LiveRow, id: string): Promise<void> => {
    counts.requests += 1;
    const reply = await post(agent, `${gateway}/v2/models/${model}/infer`, inferBody(row, id), {
      'x-request-id': id,
      'x-pawl-key': row.key,
    }).catch((error: Error): Reply => ({ status: 0, headers: {}, body: error.message }));
    if (reply.status !== 200) {
      const reason = reply.status === 0 ? reply.body : `${reply.status} ${reply.body.slice(0, 120)}`;
      counts.errors[reason] = (counts.errors[reason] ?? 0) + 1;
      return;
    }
    noteVersion(counts, String(reply.headers['x-pawl-version']));
    if (labelOf(reply.body) === row.label) counts.right += 1;
    counts.labelsDue += 1;
    await delay(labelDelayMs);
    const acknowledged = await post(
      agent,
      `${gateway}/feedback`,
      JSON.stringify({ request_id: id, label: row.label, model }),
    ).catch((error: Error): Reply => ({ status: 0, headers: {}, body: error.message }));
    counts.labelsDue -= 1;
    if (acknowledged.status === 202) counts.labels += 1;
    else counts.labelErrors += 1;
  };

  const timer = setInterval(() => {
    const due = Math.floor(((Date.now() - startedAt) / 1000) * perSecond);
    // After a stall of this process the missed requests are not sent in one burst.
    asked = Math.max(asked, due - 2 * perSecond);
    for (; asked < due; asked += 1) {
      const row = rows[asked % rows.length];
      if (row === undefined) return;
      const work = ask(row, `${prefix}-${asked}`).finally(() => open.delete(work));
      open.add(work);
    }
  }, 20);

  return {
    counts,
    async stop() {
      clearInterval(timer);
      await Promise.all(open);
      agent.destroy();
    },
  };
}

function noteVersion(counts: DemoCounts, version: string): void {
  const now = Date.now();
  const seen = (counts.versions[version] ??= { answers: 0, firstAt: now, lastAt: now });
  seen.answers += 1;
  seen.lastAt = now;
}

/** The request as any client of the Open Inference Protocol would write it. */
export function inferBody({ inputs }: LiveRow, id: string): string {
  return JSON.stringify({
    id,
    inputs: Object.entries(inputs).map(([name, value]) => ({
      name,
      shape: [1, 1],
      datatype: typeof value === 'number' ? 'FP32' : 'BYTES',
      data: [value ?? ''],
    })),
  });
}

function labelOf(body: string): number | null {
  const { outputs } = JSON.parse(body) as { outputs: { name: string; data: number[] }[] };
  return outputs.find((output) => output.name === 'label')?.data[0] ?? null;
}

function post(agent: Agent, url: string, body: string, headers: Record<string, string> = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const call = request(
      url,
      {
        agent,
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers },
        timeout: 10_000,
      },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(parts).toString(),
          }),
        );
        response.on('error', reject);
      },
    );
    call.on('timeout', () => call.destroy(new Error('no answer within 10 s')));
    call.on('error', reject);
    call.end(body);
  });
}
