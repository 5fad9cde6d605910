import { describe, expect, it } from 'vitest';
import { gatewaySchema } from '../../config/gateway-schema.ts';
import { durationSchema, positiveDurationSchema } from '../../contracts/duration.ts';

describe('a duration', () => {
  it.each([
    ['250ms', 250],
    ['1.5s', 1_500],
    ['3650d', 315_360_000_000],
    [42, 42],
  ])('%s is read', (written, ms) => expect(durationSchema.parse(written)).toBe(ms));

  it.each(['3651d', 1e18, '9'.repeat(400) + 'd'])('%s is refused, since no date is so far away', (written) => {
    for (const schema of [durationSchema, positiveDurationSchema])
      expect(schema.safeParse(written).error?.message).toContain('expected a duration of at most 3650d');
  });

  it.each([
    ['models', 'pass'],
    ['models', 'load'],
    ['log', 'sealEvery'],
    ['shed', 'interval'],
    [null, 'receive'],
    [null, 'follow'],
    [null, 'drain'],
  ])('that a gateway waits for by a timer is refused beyond what timers can wait: %s.%s', (part, name) => {
    const read = (written: string): { success: boolean } =>
      gatewaySchema.safeParse(part === null ? { [name]: written } : { [part]: { [name]: written } });
    expect(read('24d').success).toBe(true);
    expect(read('25d').success).toBe(false);
  });
});
