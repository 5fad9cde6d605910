import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { patience } from '../support/patience.ts';
import { pawl } from '../support/pawl.ts';
import { sentences, textModel, type TextModel } from '../support/tensor-models.ts';
import { labelledTraffic, type LabelledCounts } from './labelled-traffic.ts';
import { openPlatform, type OwnPlatform } from './own-platform.ts';
import { quickConfig, quickRelease } from './quick-project.ts';
import { decide, resultOf } from './scene.ts';

const definition = {
  model: 'sentiment',
  tensors: {
    label: { type: 'string', allowed: ['negative', 'neutral', 'positive'] },
    inputs: { input_ids: { shape: [12] } },
  },
  ...quickRelease(),
};

async function writeProject(folder: string): Promise<void> {
  await mkdir(join(folder, 'models'), { recursive: true });
  await writeFile(join(folder, 'models', 'sentiment.yaml'), stringify(definition));
  await writeFile(join(folder, 'temporal.yaml'), stringify(quickConfig));
}

/** Texts of several lengths, each a request of its own. */
const requests = sentences(3_000, 11).map(({ tokens, label }) => ({
  body: { input_ids: tokens, attention_mask: tokens.map(() => 1), token_type_ids: tokens.map(() => 0) },
  labels: [label],
}));

describe('a text classifier of Hugging Face on the whole platform', () => {
  const limits = { timeout: patience(300_000) };
  let own: OwnPlatform;
  let counts: LabelledCounts;
  beforeAll(async () => {
    own = await openPlatform(writeProject);
  }, limits.timeout);
  afterAll(() => own?.stop());

  const release = async (which: TextModel) => {
    const file = join(own.project, `${which}.onnx`);
    await writeFile(file, textModel(which));
    const { code, stderr } = await pawl(['import', 'sentiment', file, '--id', which], {
      ...own.env,
      TEMPORAL_ADDRESS: own.platform.addresses.temporal,
    });
    expect(code, stderr).toBe(0);
    const run = own.ports.client.workflow.getHandle(which);
    await decide(run, 'approve');
    return resultOf(run);
  };

  it('is tried, staged and served without any rows', limits, async () => {
    const { verdicts, ...result } = await release('first');
    expect(result).toMatchObject({ outcome: 'promoted', version: 1 });
    expect(verdicts.map(({ stage, status }) => `${stage}: ${status}`)).toEqual(['trial: pass', 'staging: pass']);
    counts = await labelledTraffic(own, { model: 'sentiment', requests, perSecond: 50 });
    expect(counts.last).toMatchObject({ label: expect.stringMatching(/^(negative|neutral|positive)$/) as string });
  });

  it('gives way to a successor that is as good, by labels from feedback', limits, async () => {
    const result = await release('second');
    expect(result, result.reason ?? '').toMatchObject({ outcome: 'promoted', version: 2 });
    expect(counts.refused).toEqual([]);
  });

  it('takes a successor of shuffled labels back by what its answers lost', limits, async () => {
    const result = await release('bad');
    expect(result, result.reason ?? '').toMatchObject({ outcome: 'rolledBack', version: 3 });
    expect(result.reason).toMatch(/accuracy is worse .*canary right on|differ|too (frequent|rare)/);
    expect((await own.ports.registry.currentDeployment('sentiment'))?.champion).toBe(2);
  });
});
