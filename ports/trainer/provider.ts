import { fork } from 'node:child_process';
import { InferenceSession, listSupportedBackends, Tensor } from 'onnxruntime-node';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes, type WantedProvider } from '../../contracts/names.ts';
import { GraphBuilder } from '../../ml/onnx/graph.ts';
import { encodeModel } from '../../ml/onnx/proto.ts';

const probeTimeoutMs = 30_000;

/** What a probe process says: null where the provider computes, else why it does not. */
export type Probe = (provider: string) => Promise<string | null>;

/**
 * The provider to train on: of `auto`, `cuda` where a device computes, else `cpu`. Throws `InvalidConfigError` where one that was named does not
 * compute, with its reason: work that was to run on a device must not run for days without it.
 */
export async function chooseProvider(wanted: WantedProvider, probe: Probe): Promise<string> {
  if (wanted === 'cpu') return 'cpu';
  if (wanted === 'auto') return (await probe('cuda')) === null ? 'cuda' : 'cpu';
  const reason = await probe(wanted);
  if (reason === null) return wanted;
  throw new PawlError(
    errorTypes.invalidConfig,
    `provider ${wanted} does not compute on this machine: ${reason}. Install its driver, or start the worker with --provider cpu`,
    { provider: wanted },
  );
}

/**
 * Probes in a process of its own: that a backend is listed says nothing about a device, and a driver that misbehaves aborts the process
 * that asks it. `script` is to call `probeProvider` with its first argument.
 */
export const probeIn =
  (script: string, execArgs: readonly string[]): Probe =>
  async (provider) => {
    if (!listSupportedBackends().some(({ name }) => name === provider)) return 'this build does not have it';
    const child = fork(script, [provider], {
      execArgv: [...execArgs],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      timeout: probeTimeoutMs,
    });
    let said = '';
    child.stderr?.on('data', (text: Buffer) => (said += text.toString()));
    const code = await new Promise<number | string | null>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('close', (exitCode, signal) => resolve(exitCode ?? signal));
    });
    return code === 0 ? null : (reasonIn(said) ?? `its probe ended with ${code}`);
  };

/** The last line that names an error, without the place in the source that it comes from. */
function reasonIn(said: string): string | null {
  const lines = said
    .split('\n')
    .map((line) => line.replace(/^.*(?:was false\. |\[ONNXRuntimeError\] : |Error: )/, '').trim())
    .filter((line) => /fail|error|no |not /i.test(line) && !line.startsWith('at '));
  return lines.at(-1)?.slice(0, 200).replace(/\.$/, '') ?? null;
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
