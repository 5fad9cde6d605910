import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ReleaseTarget, TargetVersion, Traffic } from '../../ports/release-target/port.ts';

export interface TargetUnderTest {
  readonly target: ReleaseTarget;
  /** Writes the deployment record, as a release does before it asks the target. */
  record(traffic: Traffic): Promise<void>;
  /** How often something was written to the platform. */
  writes(): number;
  /** What others wrote into the platform's object. */
  foreign(): unknown;
  /** Makes somebody else change the object between the next read and the write that follows it. */
  editMeanwhile(): void;
  /** Targets that cannot work; null where the platform has nothing that can go wrong so. */
  readonly unusable: { absent: ReleaseTarget; forbidden: ReleaseTarget; away: ReleaseTarget } | null;
  close(): Promise<void>;
}

export const model = 'churn';

export const targetVersion = (version: number): TargetVersion => ({
  version,
  digest: `sha256:${String(version).repeat(64)}`,
  artifact: `s3://models/churn/${version}`,
});

/** Champion `champion`, and canary `canary` with its share, of the model `churn`. */
export const trafficOf = (champion: number, canary?: number, share = 0): Traffic => ({
  model,
  champion: targetVersion(champion),
  canary: canary === undefined ? null : { version: targetVersion(canary), share },
});

const ways: readonly (readonly [string, readonly Traffic[]])[] = [
  ['one version alone', [trafficOf(1)]],
  ['a canary whose share grows', [trafficOf(1), trafficOf(1, 2, 0.01), trafficOf(1, 2, 0.1), trafficOf(1, 2, 0.5)]],
  ['a canary at once, after any state', [trafficOf(2, 3, 0.1)]],
  ['a promotion', [trafficOf(1), trafficOf(1, 2, 0.5), trafficOf(2)]],
  ['a rollback of a canary', [trafficOf(1), trafficOf(1, 2, 0.1), trafficOf(1)]],
  ['a rollback after the promotion', [trafficOf(1), trafficOf(1, 2, 0.1), trafficOf(2), trafficOf(1)]],
  ['a holdback after the promotion', [trafficOf(1), trafficOf(1, 2, 0.5), trafficOf(2, 1, 0.1), trafficOf(2)]],
  [
    'another canary after a rollback',
    [trafficOf(1), trafficOf(1, 2, 0.1), trafficOf(1), trafficOf(1, 3, 0.2), trafficOf(3)],
  ],
  ['another canary in place of a running one', [trafficOf(1), trafficOf(1, 2, 0.3), trafficOf(1, 3, 0.2)]],
  [
    'a canary after a promotion that was taken back',
    [trafficOf(1), trafficOf(1, 2, 0.1), trafficOf(2), trafficOf(1), trafficOf(1, 3, 0.05)],
  ],
];

/** What every release target must do; `isElsewhere`: one whose platform can be out of reach must do more. */
export function releaseTargetSuite(name: string, start: () => Promise<TargetUnderTest>, isElsewhere = true): void {
  describe(`release target: ${name}`, () => {
    let subject: TargetUnderTest;
    beforeEach(async () => {
      subject = await start();
    });
    afterEach(() => subject.close());

    async function apply(traffic: Traffic): Promise<void> {
      await subject.record(traffic);
      await subject.target.apply(traffic);
    }

    async function expectInForce({ champion, canary }: Traffic): Promise<void> {
      const { shares, settled } = await subject.target.observed();
      expect(settled).toBe(true);
      const found = new Map(shares.map(({ version, share }) => [version, share]));
      expect(found.get(champion.version)).toBeCloseTo(1 - (canary?.share ?? 0), 6);
      expect(found.size).toBe(canary === null ? 1 : 2);
      if (canary !== null) expect(found.get(canary.version.version)).toBeCloseTo(canary.share, 6);
    }

    test.each(ways)('serves by the record through %s, and by nothing else', async (_, way) => {
      const before = subject.foreign();
      for (const traffic of way) {
        await apply(traffic);
        await expectInForce(traffic);
      }
      expect(subject.foreign()).toEqual(before);
    });

    test('writes nothing where all is as wanted', async () => {
      for (const traffic of [trafficOf(1), trafficOf(1, 2, 0.1), trafficOf(1)]) {
        await apply(traffic);
        const writes = subject.writes();
        await apply(traffic);
        expect(subject.writes()).toBe(writes);
      }
    });

    test('keeps what somebody else writes at the same time', async () => {
      await apply(trafficOf(1));
      const before = subject.foreign();
      subject.editMeanwhile();
      await apply(trafficOf(1, 2, 0.1));
      await expectInForce(trafficOf(1, 2, 0.1));
      if (subject.unusable !== null) expect(subject.foreign()).not.toEqual(before);
    });

    test('refuses traffic that makes no sense, and asks for no retry', async () => {
      const refused = { type: 'InvalidRequestError' };
      await expect(subject.target.apply(trafficOf(1, 1, 0.1))).rejects.toMatchObject(refused);
      await expect(subject.target.apply(trafficOf(1, 2, 1.1))).rejects.toMatchObject(refused);
      await expect(subject.target.apply(trafficOf(1, 2, Number.NaN))).rejects.toMatchObject(refused);
      await expect(subject.target.apply({ ...trafficOf(1), model: 'other' })).rejects.toMatchObject(refused);
    });

    if (!isElsewhere) return;
    test('tells what a retry cannot mend from what it may', async () => {
      const { absent, forbidden, away } = subject.unusable!;
      await expect(absent.apply(trafficOf(1, 2, 0.1))).rejects.toMatchObject({ type: 'InvalidConfigError' });
      await expect(absent.observed()).rejects.toMatchObject({ type: 'InvalidConfigError' });
      await expect(forbidden.apply(trafficOf(1, 2, 0.1))).rejects.toMatchObject({ type: 'AccessDeniedError' });
      await expect(away.apply(trafficOf(1, 2, 0.1))).rejects.toMatchObject({ name: 'TargetOutageError' });
    });

    test('stops waiting when it is told to', async () => {
      const stop = AbortSignal.abort(new Error('the release was cancelled'));
      await expect(subject.target.apply(trafficOf(1, 2, 0.1), stop)).rejects.toThrow('the release was cancelled');
    });
  });
}
