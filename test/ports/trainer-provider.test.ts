import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../config/load-config.ts';
import { modulePath } from '../../config/source-tree.ts';
import { chooseProvider, probeIn } from '../../ports/trainer/provider.ts';
import { withinMemory } from '../../ports/trainer/network/fit-memory.ts';
import type { NetworkJob } from '../../ports/trainer/messages.ts';
import type { TrainingOutcome } from '../../ports/trainer/port.ts';
import { patience } from '../support/patience.ts';

const { execArgs } = loadConfig();
const probe = probeIn(modulePath('ports/trainer/trainer-process'), execArgs);
const here = Object.fromEntries(
  await Promise.all(['webgpu', 'cuda'].map(async (name) => [name, await probe(name)] as const)),
) as Record<'webgpu' | 'cuda', string | null>;

describe('a provider', { timeout: patience(60_000) }, () => {
  test('of the CPU computes, and is what auto takes without a device', async () => {
    expect(await probe('cpu')).toBeNull();
    expect(await chooseProvider('cpu', () => Promise.reject(new Error('nobody asks')))).toBe('cpu');
    expect(await chooseProvider('auto', async () => 'there is no device')).toBe('cpu');
    expect(await chooseProvider('auto', async (name) => (name === 'cuda' ? null : 'no'))).toBe('cuda');
  });

  // A line says so where a machine has the device.
  test.skipIf(here.webgpu === null)('that was named and does not compute is refused with its reason', async () => {
    await expect(chooseProvider('webgpu', probe)).rejects.toThrow(
      /^provider webgpu does not compute on this machine: .*(adapter|not have it).*--provider cpu$/,
    );
  });

  test.skipIf(here.cuda === null)('of a library that is not installed is refused too', async () => {
    await expect(chooseProvider('cuda', probe)).rejects.toThrow(/^provider cuda does not compute on this machine: \S/);
  });

  test('that is not known is named', async () => {
    expect(await probe('abacus')).toBe('this build does not have it');
  });
});

describe('a network that does not fit the memory', () => {
  const job = { settings: { batchSize: 100 }, resume: Uint8Array.of(1) } as unknown as NetworkJob;
  /** Stands for a device with room for so many rows. */
  const device =
    (room: number, seen: [number, boolean][]) =>
    async ({ settings, resume }: NetworkJob): Promise<TrainingOutcome> => {
      seen.push([settings.batchSize, resume === null]);
      if (settings.batchSize > room) throw new Error('CUDA failure 2: out of memory ; GPU=0');
      return { settings } as unknown as TrainingOutcome;
    };

  test('is trained again from the start by half the rows a step, and its settings say so', async () => {
    const seen: [number, boolean][] = [];
    const { settings } = await withinMemory(job, device(30, seen));
    expect(settings).toEqual({ batchSize: 25 });
    expect(seen).toEqual([
      [100, false],
      [50, true],
      [25, true],
    ]);
  });

  test('with the fewest rows fails with what to do', async () => {
    await expect(withinMemory(job, device(8, []))).rejects.toMatchObject({
      type: 'MemoryBudgetError',
      message: expect.stringContaining('memory is full with 16 rows a step (CUDA failure 2') as string,
    });
  });

  test('that fails for another reason fails with it, once', async () => {
    const seen: [number, boolean][] = [];
    const broken = async (given: NetworkJob): Promise<TrainingOutcome> => {
      await device(1000, seen)(given);
      throw new Error('the driver is gone');
    };
    await expect(withinMemory(job, broken)).rejects.toThrow('the driver is gone');
    expect(seen).toHaveLength(1);
  });
});
