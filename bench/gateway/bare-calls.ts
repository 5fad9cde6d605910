import { openInference } from '../../ports/inference/open-inference.ts';

/** CPU microseconds of one `session.run` on one row, with nothing around it. */
export async function bareCallMicroseconds(model: Uint8Array, body: string, calls: number): Promise<number> {
  const loaded = await openInference().load(model);
  const { data, shape } = (JSON.parse(body) as { inputs: [{ data: number[]; shape: number[] }] }).inputs[0];
  const feeds = { x: { type: 'float32', shape, data: Float32Array.from(data) } } as const;
  for (let i = 0; i < calls / 10; i++) await loaded.run(feeds);
  const before = process.cpuUsage();
  for (let i = 0; i < calls; i++) await loaded.run(feeds);
  const { user, system } = process.cpuUsage(before);
  await loaded.release();
  return (user + system) / calls;
}
