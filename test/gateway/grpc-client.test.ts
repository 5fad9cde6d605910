import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { GrpcServer } from '../../gateway/grpc/call-context.ts';
import { startGrpc } from '../../gateway/grpc/server.ts';
import { runCommand } from '../support/command.ts';
import { describeWith } from '../support/needs.ts';
import { noPython, pythonVenv } from '../support/python.ts';
import { echoParts } from './grpc-echo.ts';

const python = await pythonVenv(['tritonclient[grpc]==2.73.0', 'numpy==2.4.6']);
const script = fileURLToPath(new URL('clients/grpc_client.py', import.meta.url));

interface Said {
  readonly described: Record<string, unknown>;
  readonly synchronous: Record<string, unknown>;
  readonly callbacks: number;
  readonly typed: Record<string, unknown>;
  readonly refused: Record<string, readonly [string, string]>;
  readonly streamed: { readonly error: string; readonly ordered: boolean };
  readonly asynchronous: { readonly infer: number; readonly stream: readonly string[] };
}

describeWith(python === null ? noPython : null, 'tritonclient over gRPC', () => {
  let server: GrpcServer;
  let said: Said;

  beforeAll(async () => {
    server = await startGrpc(echoParts(), {
      host: '127.0.0.1',
      port: 0,
      maxBodyBytes: 8 * 1024 * 1024,
      receiveMs: 30_000,
      fastPath: true,
    });
    const { code, stdout, stderr } = await runCommand(python!, [script, `127.0.0.1:${server.port}`]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    said = JSON.parse(stdout) as Said;
  });
  afterAll(() => server?.close(0));

  it('reads what the server says of itself and its models', () => {
    expect(said.described).toEqual({
      live: true,
      ready: true,
      model: true,
      version: false,
      missing: false,
      server: 'echo server',
      inputs: [{ name: 'x', datatype: 'FP32', shape: ['-1', '4'] }],
      config: {
        backend: 'echo',
        max_batch_size: 64,
        input: [{ name: 'x', data_type: 'TYPE_FP32', dims: ['4'] }],
        output: [{ name: 'x', data_type: 'TYPE_FP32', dims: ['1'], reshape: {} }],
      },
      statistics: { count: '2', ns: '9007199254740991' },
      repository: ['READY', 'UNAVAILABLE'],
      unknown: ['StatusCode.NOT_FOUND', 'there is no model "nothing"'],
    });
  });

  it('gets tensors of every datatype back, plain and compressed, by id, version and output', () => {
    expect(said.synchronous).toEqual({
      same: { None: [], gzip: [], deflate: [] },
      id: 'r-1',
      outputs: ['FP32'],
      version: '7',
      large: true,
      parameters: '3',
    });
  });

  it('gets answers by callback and by asyncio', () => {
    expect(said.callbacks).toBe(40);
    expect(said.asynchronous.infer).toBe(50);
  });

  it('gets typed contents where it sends typed contents, and headers that say who answered', () => {
    expect(said.typed).toEqual({
      int: [-5, 6],
      long: ['-9223372036854775808', '9223372036854775807'],
      float: [0.5, -0.25],
      bool: [true, false],
      text: ['é', ''],
      raw: 0,
      arm: 'champion',
      trace: expect.stringMatching(/^00-(ab){16}-(?!(cd){8})[0-9a-f]{16}-01$/) as string,
      metadata: { 'x-request-id': 'from-metadata', 'x-pawl-version': '3', 'x-pawl-arm': 'champion' },
    });
  });

  it.each([
    ['name', 'NOT_FOUND', 'there is no model "nothing"'],
    ['version', 'NOT_FOUND', 'there is no version "x"'],
    ['shape', 'INVALID_ARGUMENT', 'input "x"'],
    ['datatype', 'INVALID_ARGUMENT', 'datatype "BF17"'],
    ['output', 'INVALID_ARGUMENT', 'there is no output "z"'],
    ['huge', 'RESOURCE_EXHAUSTED', 'larger than max'],
    ['bomb', 'RESOURCE_EXHAUSTED', 'decompresses to a size larger than 8388608'],
    ['broken', 'INTERNAL', 'the version broke'],
    ['token', 'UNAUTHENTICATED', 'nobody has this token'],
  ])('is told what was wrong: %s is %s', (what, status, words) => {
    const [code, message] = said.refused[what]!;
    expect(code).toBe(`StatusCode.${status}`);
    expect(message).toContain(words);
  });

  it('reads the status that says what the HTTP status says, and goes on', () => {
    expect(said.refused.statuses).toEqual({
      403: 'StatusCode.PERMISSION_DENIED',
      413: 'StatusCode.RESOURCE_EXHAUSTED',
      429: 'StatusCode.RESOURCE_EXHAUSTED',
      500: 'StatusCode.INTERNAL',
      503: 'StatusCode.UNAVAILABLE',
      504: 'StatusCode.DEADLINE_EXCEEDED',
    });
    expect(said.refused.after).toBe(true);
  });

  it('gets the answers of a stream in order, with an error in its place', () => {
    expect(said.streamed).toEqual({ error: 'there is no model "nothing"', ordered: true });
    expect(said.asynchronous.stream).toEqual(Array.from({ length: 20 }, (_, i) => String(i)));
  });
});
