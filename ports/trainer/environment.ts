import { createRequire } from 'node:module';

/** What a training ran on. */
export function environment(): Record<string, string> {
  const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
  return { node: process.version, platform: `${process.platform}-${process.arch}`, 'onnxruntime-node': version };
}
