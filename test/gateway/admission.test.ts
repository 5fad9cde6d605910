import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { gatewaySchema } from '../../config/gateway-schema.ts';
import { createCallers } from '../../gateway/admission/callers.ts';
import { checkDeadline, deadlineOf } from '../../gateway/admission/deadline.ts';
import { createQuota } from '../../gateway/admission/quota.ts';
import { eventLoop } from '../../gateway/metrics/event-loop.ts';
import { HttpError } from '../../gateway/call/http-error.ts';
import type { Caller } from '../../gateway/call/infer-call.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const settings = (given: object = {}) => gatewaySchema.parse(given);

function refusal(act: () => unknown): HttpError | null {
  try {
    act();
    return null;
  } catch (error) {
    if (error instanceof HttpError) return error;
    throw error;
  }
}

describe('callers', () => {
  const { clients } = settings({
    clients: [
      { name: 'shop', tokenSha256: sha256('t-shop'), priority: 'high' },
      { name: 'ops', tokenSha256: sha256('t-ops'), roles: ['operator'] },
      { name: 'billing', tokenSha256: sha256('t-billing'), roles: ['labeller'] },
    ],
  });
  const callers = createCallers(clients);

  it.each(['Bearer t-shop', 'bearer t-shop', 'Bearer   t-shop '])('are known by their token, as in "%s"', (header) => {
    const shop = { name: 'shop', operator: false, labeller: false, known: true, priority: 'high' };
    expect(callers.identify(header, '10.0.0.1')).toEqual(shop);
    expect(callers.identify(header, '10.0.0.2')).toEqual(shop);
  });

  it('are operators or labellers by their roles', () => {
    expect(callers.identify('Bearer t-billing', '10.0.0.1')).toMatchObject({ operator: false, labeller: true });
    expect(callers.identify('Bearer t-ops', '10.0.0.1')).toEqual({
      name: 'ops',
      operator: true,
      labeller: false,
      known: true,
      priority: 'normal',
    });
  });

  it.each([
    'Bearer wrong',
    'Bearer ',
    'Bearer t-shop t-ops',
    'Basic dXNlcjpwYXNz',
    't-shop',
    `Bearer ${sha256('t-shop')}`,
  ])('are refused with "%s"', (header) => {
    for (let again = 0; again < 2; again++) {
      const error = refusal(() => callers.identify(header, '10.0.0.1'));
      expect(error?.status).toBe(401);
      expect(error?.headers['www-authenticate']).toBe('Bearer realm="pawl"');
    }
  });

  it('are anonymous by their address without a token', () => {
    expect(callers.identify(null, '10.0.0.1')).toEqual({
      name: '10.0.0.1',
      operator: false,
      labeller: false,
      known: false,
      priority: 'normal',
    });
    expect(callers.identify(null, '::ffff:10.0.0.1').name).toBe('10.0.0.1');
  });

  it('are all anonymous where no clients are configured, with any token for a proxy', () => {
    expect(createCallers([]).identify('Bearer abc', '10.0.0.1').name).toBe('10.0.0.1');
  });

  it('are still known after many different spellings of the header', () => {
    for (let spaces = 1; spaces < 100; spaces++)
      expect(callers.identify(`Bearer ${' '.repeat(spaces)}t-ops`, '10.0.0.1').name).toBe('ops');
  });

  it.each([
    ['one name', { name: 'shop', tokenSha256: sha256('other') }, 'two clients have the name or the token'],
    ['one token', { name: 'other', tokenSha256: sha256('t-shop') }, 'two clients have the name or the token'],
    ['an address for a name', { name: '10.0.0.9', tokenSha256: sha256('other') }, 'is an address'],
  ])('are not set up with %s', (_, client, message) => {
    const doubled = settings({ clients: [{ name: 'shop', tokenSha256: sha256('t-shop') }, client] }).clients;
    expect(() => createCallers(doubled)).toThrow(message);
  });
});

describe('the quota', () => {
  const from = (name: string): Caller => ({ name, operator: false, labeller: false, known: false, priority: 'normal' });

  /** How many of `count` requests come through, one each `everyMs`. */
  function granted(given: object, name: string, count: number, everyMs: number, processes = 1): number {
    let at = 0;
    const quota = createQuota(settings(given), processes, () => at);
    let through = 0;
    for (let i = 0; i < count; i++, at += everyMs) if (refusal(() => quota.take(from(name))) === null) through += 1;
    return through;
  }

  it.each([
    ['a burst of one second', { rate: 10 }, 0, 10],
    ['a longer burst', { rate: 10, burst: 3 }, 0, 30],
    ['the rate afterwards', { rate: 10 }, 10, 19],
    ['a rate below one a second', { rate: 0.5 }, 10, 1],
    ['all where there is no limit', {}, 0, 100],
    ['all that come as slowly as the rate', { rate: 10, burst: 0.1 }, 100, 100],
  ])('grants %s', (_, quota, everyMs, expected) => {
    expect(granted({ quota }, '10.0.0.1', 100, everyMs)).toBe(expected);
  });

  it('is divided between the processes', () => {
    expect(granted({ quota: { rate: 40 } }, '10.0.0.1', 100, 0, 4)).toBe(10);
  });

  it('says after how many seconds to try again', () => {
    let at = 0;
    const quota = createQuota(settings({ quota: { rate: 0.25 } }), 1, () => at);
    quota.take(from('a'));
    at = 500;
    const error = refusal(() => quota.take(from('a')));
    expect(error).toMatchObject({ status: 429, headers: { 'retry-after': '4' } });
    expect(error?.message).toContain('"a"');
    at = 4_000;
    expect(refusal(() => quota.take(from('a')))).toBeNull();
  });

  it('charges a costly request for what it costs, and grants one that is larger than the bucket when that is full', () => {
    let at = 0;
    const quota = createQuota(settings({ quota: { rate: 10 } }), 1, () => at);
    quota.take(from('a'), 8);
    expect(refusal(() => quota.take(from('a'), 3))?.status).toBe(429);
    quota.take(from('a'), 2);
    at = 1_000;
    quota.take(from('a'), 50);
    at = 5_099;
    expect(refusal(() => quota.take(from('a')))?.status).toBe(429);
    at = 5_100;
    expect(refusal(() => quota.take(from('a')))).toBeNull();
  });

  it("is a client's own where it has one, and anonymous callers do not share it", () => {
    const clients = [
      { name: 'fast', tokenSha256: sha256('1'), rate: 50 },
      { name: 'free', tokenSha256: sha256('2'), rate: null },
      { name: 'usual', tokenSha256: sha256('3') },
    ];
    const given = { clients, quota: { rate: 5 } };
    expect(granted(given, 'fast', 100, 0)).toBe(50);
    expect(granted(given, 'free', 100, 0)).toBe(100);
    expect(granted(given, 'usual', 100, 0)).toBe(5);
    const quota = createQuota(settings(given), 1, () => 0);
    for (let i = 0; i < 5; i++) quota.take(from('10.0.0.1'));
    expect(refusal(() => quota.take(from('10.0.0.1')))?.status).toBe(429);
    expect(refusal(() => quota.take(from('10.0.0.2')))).toBeNull();
  });

  it('is one for a whole IPv6 /64 network', () => {
    const quota = createQuota(settings({ quota: { rate: 2 } }), 1, () => 0);
    quota.take(from('2001:db8::1'));
    quota.take(from('2001:DB8:0:0:ffff::2'));
    expect(refusal(() => quota.take(from('2001:db8:0::3')))?.status).toBe(429);
    expect(refusal(() => quota.take(from('2001:db8:0:1::3')))).toBeNull();
    expect(refusal(() => quota.take(from('::1')))).toBeNull();
  });

  it('keeps its count of a caller while others come and go, and stays bounded', () => {
    let at = 0;
    const quota = createQuota(settings({ quota: { rate: 1 } }), 1, () => at);
    for (let i = 0; i < 60_000; i++) {
      at += 1;
      quota.take(from(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`));
    }
    expect(refusal(() => quota.take(from('10.0.234.95')))?.status).toBe(429);
  });
});

describe('the deadline', () => {
  const call = (
    headers: Record<string, string>,
    parameters: Record<string, string | number | boolean> = {},
    deadline?: number,
  ) => ({
    header: (name: string) => headers[name] ?? null,
    request: { id: null, parameters, tensors: new Map(), outputs: null, binaryOutputs: false },
    started: 1_000,
    ...(deadline === undefined ? {} : { deadline }),
  });

  it.each([
    ['none', call({}), null, null],
    ["the policy's", call({}), 500, 1_500],
    ['the header', call({ 'x-pawl-deadline-ms': '250.5' }), 500, 1_250.5],
    ["the header, though it is later than the policy's", call({ 'x-pawl-deadline-ms': '900' }), 500, 1_900],
    ['the timeout of gRPC', call({ 'grpc-timeout': '2S' }), null, 3_000],
    ['a timeout of gRPC in microseconds', call({ 'grpc-timeout': '250000u' }), null, 1_250],
    ['the parameter in microseconds', call({}, { timeout: 20_000 }), null, 1_020],
    ['no limit for the parameter 0', call({}, { timeout: 0 }), null, null],
    ["the transport's", call({}, {}, 1_700), 500, 1_700],
    ['the earliest of several', call({ 'x-pawl-deadline-ms': '300' }, { timeout: 100_000 }, 1_200), 500, 1_100],
  ])('is %s', (_, given, deadline, expected) => {
    expect(deadlineOf(given, { deadline })).toBe(expected);
  });

  it.each([
    [{ 'x-pawl-deadline-ms': '0' }, {}, 'x-pawl-deadline-ms'],
    [{ 'x-pawl-deadline-ms': '-5' }, {}, 'x-pawl-deadline-ms'],
    [{ 'x-pawl-deadline-ms': 'soon' }, {}, '"soon"'],
    [{ 'grpc-timeout': '5' }, {}, 'grpc-timeout'],
    [{ 'grpc-timeout': '123456789m' }, {}, 'grpc-timeout'],
    [{}, { timeout: '5' }, 'parameter timeout'],
    [{}, { timeout: -1 }, 'parameter timeout'],
    [{}, { timeout: true }, 'parameter timeout'],
  ])('is refused in %j %j', (headers, parameters, message) => {
    const error = refusal(() => deadlineOf(call(headers, parameters), { deadline: null }));
    expect(error?.status).toBe(400);
    expect(error?.message).toContain(message);
  });

  it('ends a request that waited beyond it', () => {
    expect(refusal(() => checkDeadline(1_000, 999.9))).toBeNull();
    expect(refusal(() => checkDeadline(null, 1e9))).toBeNull();
    expect(refusal(() => checkDeadline(1_000, 1_002.5))).toMatchObject({ status: 504 });
    expect(refusal(() => checkDeadline(1_000, 1_002.5))?.message).toContain('2.5 ms');
  });
});

describe('the lag of the event loop', () => {
  it('shows a turn that held it', async () => {
    const loop = eventLoop();
    for (let turns = 0; turns < 50 && loop.lagMs() < 30; turns++) {
      const until = performance.now() + 100;
      while (performance.now() < until);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(loop.lagMs()).toBeGreaterThanOrEqual(30);
  });
});
