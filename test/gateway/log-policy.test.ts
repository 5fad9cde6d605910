import { createHmac } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { servingPolicySchema } from '../../contracts/serving/serving-policy.ts';
import type { Tensor } from '../../contracts/data/tensor.ts';
import { createLogPolicy, loggableKey } from '../../gateway/log/log-policy.ts';
import { loadLogSecret } from '../../gateway/log/log-secret.ts';

const secret = new Uint8Array(32).fill(7);
const inputs: Record<string, Tensor> = {
  name: { type: 'string', shape: [2, 1], data: ['Ada', 'Grace'] },
  zip: { type: 'int64', shape: [2, 1], data: BigInt64Array.of(2134n, 2134n) },
  age: { type: 'float32', shape: [2, 1], data: Float32Array.of(36, 45) },
};
const policyOf = (log: object) => createLogPolicy(servingPolicySchema.parse({ log }), secret);
const keyOf = (key: string, ...policies: object[]): string =>
  loggableKey(
    key,
    policies.map((policy) => servingPolicySchema.parse(policy)),
    secret,
  );
const hmac = (text: string): string => createHmac('sha256', secret).update(text).digest('hex').slice(0, 16);

describe('the log policy', () => {
  it('leaves alone what is not private', () => {
    expect(policyOf({}).inputs(inputs)).toBe(inputs);
    expect(keyOf('customer', {}, { key: 'name' })).toBe('customer');
  });

  it('drops and hashes what is, in the shape that it had', () => {
    const kept = policyOf({ drop: ['name'], hash: ['zip'] }).inputs(inputs);
    expect(Object.keys(kept)).toEqual(['zip', 'age']);
    expect(kept['zip']).toEqual({ type: 'string', shape: [2, 1], data: [hmac('2134'), hmac('2134')] });
    expect(kept['age']).toBe(inputs['age']);
    expect(inputs['name']).toBeDefined();
  });

  it('hashes a row with several values as one', () => {
    const rows = { type: 'int64', shape: [2, 3], data: BigInt64Array.of(1n, 2n, 3n, 1n, 2n, 4n) } as const;
    const kept = policyOf({ hash: ['tokens', 'words'] }).inputs({
      tokens: rows,
      words: { type: 'string', shape: [1, 2], data: ['a', 'b'] },
    });
    const bytes = (...values: bigint[]) =>
      createHmac('sha256', secret)
        .update(new Uint8Array(BigInt64Array.from(values).buffer))
        .digest('hex')
        .slice(0, 16);
    expect(kept['tokens']).toEqual({ type: 'string', shape: [2, 1], data: [bytes(1n, 2n, 3n), bytes(1n, 2n, 4n)] });
    expect(kept['words']).toEqual({ type: 'string', shape: [1, 1], data: [hmac('["a","b"]')] });
  });

  it('gives other hashes under another secret', () => {
    const other = createLogPolicy(servingPolicySchema.parse({ log: { hash: ['zip'] } }), new Uint8Array(32));
    expect(other.inputs(inputs)['zip']?.data[0]).not.toBe(hmac('2134'));
  });

  it.each([{ drop: ['name'] }, { hash: ['name'] }])(
    'hashes a sticky key that comes from a private input: %o',
    (log) => {
      expect(keyOf('Ada', { log, key: 'name' })).toBe(hmac('Ada'));
      expect(keyOf('2134', { log, key: 'zip' })).toBe('2134');
    },
  );

  it('hashes a sticky key where one version takes it from an input that another one hides', () => {
    expect(keyOf('Ada', { key: 'name' }, { log: { hash: ['name'] } })).toBe(hmac('Ada'));
    expect(keyOf('Ada', { log: { drop: ['name'] } }, { key: 'name' })).toBe(hmac('Ada'));
  });
});

describe('the secret of the log', () => {
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'pawl-secret-'));
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  it('is made once, by however many at once, and is for its owner alone', async () => {
    const all = await Promise.all(Array.from({ length: 16 }, () => loadLogSecret(home)));
    expect(new Set(all.map((one) => Buffer.from(one).toString('hex'))).size).toBe(1);
    const path = join(home, 'gateway', 'log.key');
    expect(Buffer.from(await loadLogSecret(home))).toEqual(await readFile(path));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(all[0]).toHaveLength(32);
    expect(await readdir(join(home, 'gateway'))).toEqual(['log.key']);
  });

  it('is refused where the file holds something else', async () => {
    await mkdir(join(home, 'gateway'));
    await writeFile(join(home, 'gateway', 'log.key'), 'short');
    await expect(loadLogSecret(home)).rejects.toThrow('must hold the 32 bytes');
  });
});
