import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../config/source-tree.ts';
import { runCommand } from '../../test/support/command.ts';
import { runLoad } from './run-load.ts';
import type { Load } from './wrk.ts';

const proto = join(packageRoot, 'gateway', 'grpc', 'inference.proto');

/** Null where `ghz` can be run, else what to do. */
export const ghzMissing = (): Promise<string | null> =>
  runCommand('ghz', ['--version'])
    .then(() => null)
    .catch(
      () => 'there is no "ghz" on PATH, so gRPC is not measured: go install github.com/bojand/ghz/cmd/ghz@v0.121.0',
    );

/** The FP32 request of a REST body, as tritonclient sends it by gRPC: with raw contents. */
export function grpcRequest(model: string, body: string): object {
  const { name, datatype, shape, data } = (
    JSON.parse(body) as { inputs: [{ name: string; datatype: string; shape: number[]; data: number[] }] }
  ).inputs[0];
  return {
    model_name: model,
    inputs: [{ name, datatype, shape }],
    raw_input_contents: [Buffer.from(Float32Array.from(data).buffer).toString('base64')],
  };
}

export interface GrpcLoad {
  readonly callers: number;
  readonly connections: number;
}

/** Calls `ModelInfer` with so many callers over as many connections (`ghz`). Throws where an answer was no OK. */
export async function callWith(
  address: string,
  request: object,
  { callers, connections }: GrpcLoad,
  seconds: number,
): Promise<Load> {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-ghz-'));
  try {
    const data = join(folder, 'request.json');
    await writeFile(data, JSON.stringify(request));
    const { code, stdout, stderr } = await runLoad('ghz', [
      '--insecure',
      `--proto=${proto}`,
      '--call=inference.GRPCInferenceService.ModelInfer',
      `--data-file=${data}`,
      `--concurrency=${callers}`,
      `--connections=${connections}`,
      `--duration=${seconds}s`,
      '--duration-stop=wait',
      '--format=json',
      address,
    ]);
    if (code !== 0) throw new Error(`ghz failed: ${stderr || stdout}`);
    const said = JSON.parse(stdout) as {
      count: number;
      rps: number;
      statusCodeDistribution: Record<string, number>;
      latencyDistribution: { percentage: number; latency: number }[];
    };
    if (said.statusCodeDistribution.OK !== said.count)
      throw new Error(`not every answer of ${address} was OK: ${JSON.stringify(said.statusCodeDistribution)}`);
    const p99 = said.latencyDistribution.find(({ percentage }) => percentage === 99);
    return { rate: said.rps, p99Ms: (p99?.latency ?? NaN) / 1e6, answers: said.count };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
