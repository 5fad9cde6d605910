import { afterAll, beforeAll } from 'vitest';
import { startTestTemporal, type TestTemporal } from '../support/temporal.ts';
import { startHarness, type Harness } from './harness.ts';

/** One harness, on a server of its own, for the tests of a suite; `take` gets it before the first of them. */
export function useHarness(take: (harness: Harness) => void): void {
  let temporal: TestTemporal;
  let harness: Harness;
  beforeAll(async () => {
    temporal = await startTestTemporal();
    harness = await startHarness(temporal.config, temporal.server.address);
    take(harness);
  });
  afterAll(async () => {
    await harness?.stop();
    await temporal?.stop();
  });
}
