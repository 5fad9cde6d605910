import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { noTraffic, type DemoTraffic, type DemoCounts } from './traffic.ts';

/** Adds the counts of this session to those of earlier ones, so that a story told in parts has one balance. */
export async function rememberTraffic(home: string, traffic: DemoTraffic | null): Promise<DemoCounts[]> {
  const path = join(home, 'demo', 'traffic.json');
  const before = await readFile(path, 'utf8').catch(() => '[]');
  const sessions = [...(JSON.parse(before) as DemoCounts[]), ...(traffic === null ? [] : [traffic.counts])];
  await writeFile(path, JSON.stringify(sessions));
  return sessions;
}

export function sumTraffic(sessions: readonly DemoCounts[]): DemoCounts {
  const sum = noTraffic();
  for (const session of sessions) {
    for (const name of ['requests', 'labels', 'labelErrors', 'labelsDue', 'right'] as const) sum[name] += session[name];
    for (const [reason, count] of Object.entries(session.errors))
      sum.errors[reason] = (sum.errors[reason] ?? 0) + count;
    for (const [version, seen] of Object.entries(session.versions)) {
      const all = (sum.versions[version] ??= { ...seen, answers: 0 });
      all.answers += seen.answers;
      all.firstAt = Math.min(all.firstAt, seen.firstAt);
      all.lastAt = Math.max(all.lastAt, seen.lastAt);
    }
  }
  return sum;
}
