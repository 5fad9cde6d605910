import type { ReleasePlan, ReleaseResult } from '../../contracts/release/release.ts';
import type { Said } from '../../contracts/release/release-log.ts';
import type { Ports } from '../ports.ts';

/** Keeps how a release ended beside the analyses of it; safe to repeat. */
export const createRecordRelease = (ports: Ports) =>
  async function recordRelease({
    plan,
    result,
    commands,
  }: {
    plan: ReleasePlan;
    result: ReleaseResult;
    commands: Said[];
  }): Promise<void> {
    const { holder, champion, definition, startedAt } = plan;
    await ports.registry.recordRelease({
      schema: 'pawl.release/1',
      release: holder,
      champion,
      definition,
      startedAt,
      endedAt: ports.now(),
      commands,
      result,
    });
  };
