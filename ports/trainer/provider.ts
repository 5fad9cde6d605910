import { fork } from 'node:child_process';
import { InferenceSession, listSupportedBackends, Tensor } from 'onnxruntime-node';
import { GraphBuilder } from '../../ml/onnx/graph.ts';
import { encodeModel } from '../../ml/onnx/proto.ts';

const probeTimeoutMs = 30_000;

/**
 * `cuda` where a probe process computed something on it, else `cpu`. That the backend is listed says nothing about a device, and
 * a driver that misbehaves aborts the process that asks it: hence the process of its own.
 */
export async function chooseProvider(probe: string, execArgs: readonly string[]): Promise<string> {
  if (!listSupportedBackends().some(({ name }) => name === 'cuda')) return 'cpu';
  const child = fork(probe, ['cuda'], { execArgv: [...execArgs], stdio: 'ignore', timeout: probeTimeoutMs });
  const works = await new Promise<boolean>((resolve) => {
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
  return works ? 'cuda' : 'cpu';
}

/** Runs a tiny graph on a provider; throws, or ends the process, where that does not work. */
export async function probeProvider(provider: string): Promise<void> {
  const g = new GraphBuilder('probe');
  g.output(g.node('Add', [g.input('x', 'float32', [2]), g.scalar('one', 1)]), 'float32', [2], 'y');
  const session = await InferenceSession.create(encodeModel(g.model()), { executionProviders: [provider] });
  const { y } = await session.run({ x: new Tensor('float32', Float32Array.of(1, 2), [2]) });
  await session.release();
  if (y?.data[0] !== 2 || y.data[1] !== 3) throw new Error(`${provider} computes wrongly`);
}
