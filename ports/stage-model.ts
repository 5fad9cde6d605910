import { canonicalJson } from '../contracts/canonical.ts';
import { openFolder } from './open-folder.ts';

/** Writes a store in which the bytes are the champion of `model`, version 1. */
export async function stageModel(storeUrl: string, model: string, bytes: Uint8Array): Promise<void> {
  const { store, registry, close } = openFolder(storeUrl);
  try {
    const digest = await store.putBlob(bytes);
    const none = await store.putBlob(canonicalJson({}));
    const subject = { run: 'staging', definition: none, snapshot: none, model: digest, stages: [] };
    const evidence = await store.putBlob(canonicalJson(subject));
    await registry.register({
      schema: 'pawl.version/1',
      model,
      created: new Date().toISOString(),
      run: 'staging',
      candidate: { model: digest, fp32: digest, variant: 'fp32' },
      lineage: {
        definition: none,
        dataset: none,
        snapshot: none,
        // The gateway that is staged is a process of its own: what it serves runs as what Pawl trained does.
        training: none,
        champion: null,
        code: 'staging',
        environment: {},
      },
      verdicts: [],
      subject,
      evidence,
    });
    const at = new Date().toISOString();
    const said = { by: 'staging', reason: 'staging benchmark', via: 'policy' } as const;
    await registry.recordApproval(model, 'staging', { decision: 'approved', evidence, at, ...said });
    await registry.changeDeployment(model, () => ({
      salt: 'staging',
      champion: 1,
      previous: null,
      canary: null,
      shadow: null,
      frozen: false,
      release: null,
      actor: 'staging',
      reason: 'staging benchmark',
    }));
  } finally {
    await close();
  }
}
