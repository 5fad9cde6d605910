import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gateway } from '../../gateway/gateway.ts';
import { noPython, pythonVenv } from '../support/python.ts';
import type { World } from './harness.ts';
import { createRestWorld, runChecks } from './rest-world.ts';

let world: World;
let gateway: Gateway;
beforeAll(async () => {
  ({ world, gateway } = await createRestWorld());
});
afterAll(() => world.close());

// Its packages take 450 MB.
describe("KServe's client", () => {
  let python: string | null = null;
  let outcomes: Record<string, string | null> = {};
  beforeAll(async () => {
    python = await pythonVenv(['kserve==0.21.0']);
    if (python !== null) outcomes = await runChecks(python, 'http_kserve.py', gateway.url);
  }, 600_000);

  it.for([
    'asks for life and readiness',
    'sends JSON and raw bytes',
    'gets raw bytes where it asks for them',
    'is told what is wrong',
  ])('%s', (check, { skip }) => {
    if (python === null) skip(noPython);
    expect(outcomes[check]).toBeNull();
  });
});
