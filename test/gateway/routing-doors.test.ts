import { Client, credentials, Metadata, status } from '@grpc/grpc-js';
import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { Gateway } from '../../gateway/gateway.ts';
import { decoded, encoded } from './grpc-echo.ts';
import { ask, createWorld, post, rowsOf, until, type World } from './harness.ts';
import { tinyModel } from './models.ts';

let world: World;
const clients: Client[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await world.close();
});

/** Champion 1, and 2 as canary or shadow; version 3 is registered and gets nothing. */
async function gatewayOf(release: 'canary' | 'shadow'): Promise<Gateway> {
  world = await createWorld({
    clients: [
      {
        name: 'ops',
        tokenSha256: createHash('sha256').update('ops').digest('hex'),
        roles: ['operator'],
        priority: 'normal',
        rate: null,
      },
    ],
  });
  for (let version = 1; version <= 3; version += 1) await world.addVersion(tinyModel(version / 10));
  await world.deploy(
    release === 'canary'
      ? { champion: 1, canary: { version: 2, share: 0 } }
      : { champion: 1, shadow: { version: 2, sample: 0 } },
  );
  const gateway = await world.gateway();
  await until('the other version is loaded', async () => (await byPath(gateway, '2', true)) === 200);
  return gateway;
}

const input = {
  inputs: [
    { name: 'age', datatype: 'FP32', shape: [1, 1], contents: { fp32_contents: [10] } },
    { name: 'sector', datatype: 'BYTES', shape: [1, 1], contents: { bytes_contents: [Buffer.from('a')] } },
  ],
};
const asIs = (bytes: Buffer): Buffer => bytes;
const authorized = (operator: boolean): Record<string, string> => (operator ? { authorization: 'Bearer ops' } : {});

function clientOf({ grpc }: Gateway, options: object = {}): Client {
  const client = new Client(`127.0.0.1:${grpc.port}`, credentials.createInsecure(), options);
  clients.push(client);
  return client;
}

/** The code of gRPC as the status of HTTP that means the same. */
const statusOf = new Map<number, number>([
  [status.OK, 200],
  [status.PERMISSION_DENIED, 403],
  [status.NOT_FOUND, 404],
]);

function unary(
  gateway: Gateway,
  version: string,
  headers: Record<string, string>,
  options: object = {},
): Promise<number> {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  const message = encoded('ModelInferRequest', { model_name: 'tiny', model_version: version, ...input });
  return new Promise((resolve) =>
    clientOf(gateway, options).makeUnaryRequest(
      '/inference.GRPCInferenceService/ModelInfer',
      asIs,
      asIs,
      message,
      metadata,
      (error) => resolve(statusOf.get(error?.code ?? status.OK) ?? -(error?.code ?? 0)),
    ),
  );
}

function streamed(gateway: Gateway, version: string, headers: Record<string, string>): Promise<number> {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  const call = clientOf(gateway).makeBidiStreamRequest(
    '/inference.GRPCInferenceService/ModelStreamInfer',
    asIs,
    asIs,
    metadata,
  );
  call.write(encoded('ModelInferRequest', { model_name: 'tiny', model_version: version, ...input }));
  call.end();
  return new Promise((resolve, reject) => {
    call.on('error', reject);
    call.on('data', (bytes: Buffer) => {
      const { error_message: message } = decoded('ModelStreamInferResponse', bytes) as { error_message: string };
      resolve(message === '' ? 200 : /operator/.test(message) ? 403 : 404);
    });
  });
}

type Answer = (gateway: Gateway, version: string, operator: boolean) => Promise<number>;

const byPath: Answer = async ({ url }, version, operator) =>
  (await post(`${url}/v2/models/tiny/versions/${version}/infer`, rowsOf([10, 'a']), authorized(operator))).status;

/** Every way in which a version can be named; the answer's status. */
const by: Readonly<Record<string, Answer>> = {
  path: byPath,
  header: async (gateway, version, operator) =>
    (await ask(gateway, rowsOf([10, 'a']), { 'x-pawl-version': version, ...authorized(operator) })).status,
  'header of the plain form': async ({ url }, version, operator) =>
    (
      await post(
        `${url}/predict/tiny`,
        { age: 10, sector: 'a' },
        { 'x-pawl-version': version, ...authorized(operator) },
      )
    ).status,
  'message of gRPC': (gateway, version, operator) => unary(gateway, version, authorized(operator)),
  'metadata of gRPC': (gateway, version, operator) =>
    unary(gateway, '', { 'x-pawl-version': version, ...authorized(operator) }),
  'message of a packed call of gRPC': (gateway, version, operator) =>
    unary(gateway, version, authorized(operator), { 'grpc.default_compression_algorithm': 2 }),
  'message of a stream of gRPC': (gateway, version, operator) => streamed(gateway, version, authorized(operator)),
  'metadata of a stream of gRPC': (gateway, version, operator) =>
    streamed(gateway, '', { 'x-pawl-version': version, ...authorized(operator) }),
};

describe.each(['canary', 'shadow'] as const)('a version that is only %s', (release) => {
  it('is refused to everybody but operators, by every way of naming it', async () => {
    const gateway = await gatewayOf(release);
    for (const [way, answer] of Object.entries(by)) {
      expect([way, await answer(gateway, '2', false)]).toEqual([way, 403]);
      expect([way, await answer(gateway, '1', false)]).toEqual([way, 200]);
      expect([way, await answer(gateway, '2', true)]).toEqual([way, 200]);
      // What is registered and not in memory is not told from what is not there.
      expect([way, await answer(gateway, '3', false)]).toEqual([way, await answer(gateway, '99', false)]);
      expect([way, await answer(gateway, '3', true)]).toEqual([way, 404]);
    }
    if (release === 'canary')
      expect((await ask(gateway, rowsOf([10, 'a']), { 'x-pawl-arm': 'canary' })).status).toBe(403);
  });
});
