import { describe, expect, it } from 'vitest';
import type { Deployment } from '../../contracts/release/deployment.ts';
import { servingPolicySchema } from '../../contracts/serving/serving-policy.ts';
import { HttpError } from '../../gateway/call/http-error.ts';
import type { InferRequest, RequestTensor } from '../../gateway/call/infer-request.ts';
import { route, type RouteFacts } from '../../gateway/routing/route.ts';
import { type Route } from '../../gateway/call/infer-call.ts';
import { stickyKey } from '../../gateway/routing/sticky-key.ts';

const record: Deployment = {
  schema: 'pawl.deployment/1',
  seq: 1,
  model: 'tiny',
  salt: 's1',
  champion: 1,
  previous: 4,
  canary: { version: 2, share: 0.1 },
  shadow: null,
  guard: null,
  frozen: false,
  forced: [],
  before: null,
  signature: null,
  release: 'w/r',
  actor: 'test',
  reason: 'test',
  at: '2024-01-01T00:00:00Z',
};
const noSegments = servingPolicySchema.parse({});
const loaded = new Set([1, 2, 4]);

function requestWith(
  tensors: readonly RequestTensor[] = [],
  parameters: InferRequest['parameters'] = {},
): InferRequest {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  return { id: null, parameters, tensors: byName, outputs: null, binaryOutputs: false };
}

interface Given {
  readonly version?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly operator?: boolean;
  readonly request?: InferRequest;
  readonly key?: string;
}

function facts({ version, headers = {}, operator = false, request = requestWith(), key = 'k' }: Given): RouteFacts {
  return {
    call: {
      version: version ?? null,
      header: (name) => headers[name] ?? null,
      caller: { name: 'test', operator, labeller: false, known: false, priority: 'normal' },
      request,
    },
    key,
    loaded,
  };
}

function statusOf(act: () => Route): number {
  try {
    act();
  } catch (error) {
    if (error instanceof HttpError) return error.status;
    throw error;
  }
  return 200;
}

describe('a version in the path', () => {
  it.each([
    [1, 'champion'],
    [2, 'canary'],
    [4, 'champion'],
  ])('%d is taken as %s, and says nothing about the release', (version, arm) => {
    const headers = { 'x-pawl-arm': 'canary' };
    const asked = facts({ version, headers, operator: true });
    expect(route(record, noSegments, asked)).toEqual({ version, arm, share: 0.1, counts: false });
  });

  it('is the champion for anybody, and another one for operators alone, as by the header', () => {
    expect(route(record, noSegments, facts({ version: 1 })).version).toBe(1);
    const champion: Record<string, string>[] = [{ 'x-pawl-version': '1' }, { 'x-pawl-arm': 'champion' }];
    for (const headers of champion) expect(route(record, noSegments, facts({ headers })).version).toBe(1);
    for (const version of [2, 4]) {
      expect(statusOf(() => route(record, noSegments, facts({ version })))).toBe(403);
      const headers = { 'x-pawl-version': String(version) };
      expect(statusOf(() => route(record, noSegments, facts({ headers })))).toBe(403);
    }
  });

  it('is 404 where it is not served', () => {
    expect(statusOf(() => route(record, noSegments, facts({ version: 3 })))).toBe(404);
    expect(() => route(record, noSegments, facts({ version: 3 }))).toThrow('serves no version 3');
  });

  it('counts for the champion once it is both', () => {
    const same = { ...record, champion: 2 };
    expect(route(same, noSegments, facts({ version: 2 })).arm).toBe('champion');
  });
});

describe("an operator's headers", () => {
  it.each([
    [{ 'x-pawl-arm': 'canary' }, 2, 'canary'],
    [{ 'x-pawl-arm': 'champion' }, 1, 'champion'],
    [{ 'x-pawl-version': '2' }, 2, 'canary'],
    [{ 'x-pawl-version': '4' }, 4, 'champion'],
  ])('%j choose version %d', (headers, version, arm) => {
    expect(route(record, noSegments, facts({ headers, operator: true }))).toEqual({
      version,
      arm,
      share: 0.1,
      counts: false,
    });
  });

  it.each([
    ['somebody else sends them', { 'x-pawl-arm': 'canary' }, false, record, 403],
    ['somebody else sends a version', { 'x-pawl-version': '2' }, false, record, 403],
    ['there is no canary', { 'x-pawl-arm': 'canary' }, true, { ...record, canary: null }, 404],
    ['there is no champion', { 'x-pawl-arm': 'champion' }, true, { ...record, champion: null }, 404],
    ['the version is not loaded', { 'x-pawl-version': '3' }, true, record, 404],
    ['the arm is none', { 'x-pawl-arm': 'shadow' }, true, record, 400],
    ['the version is not a number', { 'x-pawl-version': '2; drop' }, true, record, 400],
    ['there are both', { 'x-pawl-version': '2', 'x-pawl-arm': 'canary' }, true, record, 400],
  ])('are refused where %s', (_, headers, operator, deployment, status) => {
    expect(statusOf(() => route(deployment, noSegments, facts({ headers, operator })))).toBe(status);
  });
});

describe('segments', () => {
  const policy = servingPolicySchema.parse({
    segments: [
      { name: 'staff', header: 'X-Team', values: ['staff', 'beta'], arm: 'canary' },
      { name: 'vip', input: 'tier', values: ['gold', 7, true, 0.1], arm: 'champion' },
    ],
  });
  const tier = (datatype: RequestTensor['datatype'], data: RequestTensor['data'], shape = [data.length]): Given => ({
    request: requestWith([{ name: 'tier', datatype, shape, data }]),
    // In the canary by its key.
    key: 'in',
  });
  const whole = { ...record, canary: { version: 2, share: 1 } };

  it('take a request by its header', () => {
    const headers = { 'x-team': 'beta' };
    const out = { ...record, canary: { version: 2, share: 0.000001 } };
    expect(route(out, policy, facts({ headers }))).toEqual({
      version: 2,
      arm: 'canary',
      share: 0.000001,
      counts: false,
    });
    expect(route(out, policy, facts({ headers: { 'x-team': 'other' } }))).toMatchObject({
      arm: 'champion',
      counts: true,
    });
  });

  it('give to the champion what is for a canary that there is not, or that gets no traffic', () => {
    for (const canary of [null, { version: 2, share: 0 }])
      expect(route({ ...record, canary }, policy, facts({ headers: { 'x-team': 'staff' } }))).toEqual({
        version: 1,
        arm: 'champion',
        share: 0,
        counts: false,
      });
  });

  it.each<[string, Given]>([
    ['text', tier('BYTES', ['gold', 'x'])],
    ['an integer as JSON', tier('INT64', [7])],
    ['an integer as bytes', tier('INT64', BigInt64Array.of(7n))],
    ['a single as JSON', tier('FP32', [0.1])],
    ['a single as bytes', tier('FP32', Float32Array.of(0.1))],
    ['a double', tier('FP64', Float64Array.of(0.1))],
    ['a half as bytes', tier('FP16', Uint16Array.of(0x4700))],
    ['a half as JSON', tier('FP16', [7])],
    ['true as JSON', tier('BOOL', [true])],
    ['true as bytes', tier('BOOL', Uint8Array.of(1))],
  ])('take a request by the first row of an input: %s', (_, given) => {
    expect(route(whole, policy, facts(given))).toEqual({ version: 1, arm: 'champion', share: 1, counts: false });
  });

  it.each<[string, Given]>([
    ['another text', tier('BYTES', ['silver', 'gold'])],
    ['a missing value', tier('BYTES', [null])],
    ['a missing number', tier('FP32', Float32Array.of(NaN))],
    ['false', tier('BOOL', Uint8Array.of(0))],
    ['two values a row', tier('INT64', [7, 7], [1, 2])],
    ['no rows', tier('INT64', [], [0, 1])],
    ['no such input', {}],
  ])('leave to the split what has %s', (_, given) => {
    expect(route(whole, policy, facts(given))).toMatchObject({ arm: 'canary', counts: true });
  });

  it('come after the headers of an operator', () => {
    const headers = { 'x-team': 'staff', 'x-pawl-arm': 'champion' };
    expect(route(record, policy, facts({ headers, operator: true })).version).toBe(1);
  });

  it('need a champion', () => {
    expect(statusOf(() => route({ ...record, champion: null }, policy, facts(tier('INT64', [7]))))).toBe(503);
  });
});

describe('the sticky key', () => {
  const user: RequestTensor = { name: 'user', datatype: 'BYTES', shape: [2, 1], data: ['u-7', 'u-8'] };
  const byUser = { key: 'user' };
  const none = (): null => null;
  const named = (name: string): string | null => (name === 'x-pawl-key' ? 'h-1' : null);

  it.each([
    ['the header first', named, requestWith([user], { key: 'p-1' }), byUser, 'h-1'],
    ['the parameter next', none, requestWith([user], { key: 'p-1' }), byUser, 'p-1'],
    ['a number as a parameter', none, requestWith([user], { key: 12 }), byUser, '12'],
    ['the input of the policy', none, requestWith([user]), byUser, 'u-7'],
    ['the request id where the input is missing', none, requestWith(), byUser, 'id-1'],
    ['the request id where its value is missing', none, requestWith([{ ...user, data: ['', 'u-8'] }]), byUser, 'id-1'],
    ['the request id where the policy names none', none, requestWith([user]), { key: null }, 'id-1'],
    ['the request id where the parameter is empty', none, requestWith([], { key: '' }), { key: null }, 'id-1'],
    ['all values of the row', none, requestWith([{ ...user, shape: [1, 2] }]), byUser, 'u-7,u-8'],
  ])('is %s', (_, header, request, policy, expected) => {
    expect(stickyKey(header, request, policy, 'id-1')).toBe(expected);
  });

  it('is the same for a number as JSON and as bytes', () => {
    const json = requestWith([{ name: 'user', datatype: 'FP32', shape: [1], data: [0.3] }]);
    const bytes = requestWith([{ name: 'user', datatype: 'FP32', shape: [1], data: Float32Array.of(0.3) }]);
    expect(stickyKey(none, bytes, byUser, 'id')).toBe(stickyKey(none, json, byUser, 'id'));
    const large = 2n ** 53n - 1n;
    const integer = requestWith([{ name: 'user', datatype: 'INT64', shape: [1], data: [Number(large)] }]);
    const bigint = requestWith([{ name: 'user', datatype: 'INT64', shape: [1], data: BigInt64Array.of(large) }]);
    expect(stickyKey(none, bigint, byUser, 'id')).toBe(stickyKey(none, integer, byUser, 'id'));
  });

  it('is bounded: a long value is hashed, a long header refused', () => {
    const long = (end: string): string =>
      stickyKey(none, requestWith([{ ...user, shape: [1], data: ['x'.repeat(1_000) + end] }]), byUser, 'id');
    expect(long('a')).toMatch(/^[0-9a-f]{64}$/);
    expect(long('a')).not.toBe(long('b'));
    expect(() => stickyKey(() => 'x'.repeat(257), requestWith(), byUser, 'id')).toThrow('at most 256 characters');
  });
});
