import { canonicalJson } from '../../contracts/canonical.ts';
import type { Deployment } from '../../contracts/release/deployment.ts';
import { openFolder } from '../../ports/open-folder.ts';
import { stageModel } from '../../ports/stage-model.ts';

export type Split = Partial<Pick<Deployment, 'canary' | 'shadow' | 'release'>>;

/** What else is in the store: models that nobody asks, and versions of the one that is asked. */
export interface Extra {
  readonly models?: number;
  readonly versions?: number;
}

/** A store in which the bytes are version 1, the champion of `dense`, and once more version 2, with traffic as said. */
export async function stageSplit(
  storeUrl: string,
  bytes: Uint8Array,
  split: Split,
  { models = 0, versions = 0 }: Extra = {},
): Promise<void> {
  await stageModel(storeUrl, 'dense', bytes);
  for (let i = 1; i <= models; i++) await stageModel(storeUrl, `other-${i}`, bytes);
  const { store, registry, close } = openFolder(storeUrl);
  try {
    const { version: _, ...first } = await registry.version('dense', 1);
    for (let i = 0; i <= versions; i++) {
      const run = `again-${i}`;
      const subject = { ...first.subject, run };
      const evidence = await store.putBlob(canonicalJson(subject));
      await registry.register({ ...first, run, subject, evidence });
      const said = { by: 'bench', reason: 'bench', via: 'policy', at: new Date().toISOString() } as const;
      await registry.recordApproval('dense', run, { decision: 'approved', evidence, ...said });
    }
    await registry.changeDeployment('dense', (current) => (current === null ? null : { ...current, ...split }));
  } finally {
    await close();
  }
}
