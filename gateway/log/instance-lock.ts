import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { takeLock } from '../../config/set-up-scripts.ts';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { privateFolder } from '../../ports/private-files.ts';

/**
 * Makes sure that one process alone writes an instance's log; a lock whose process is gone is taken over. Returns what lets go of it.
 * Throws `InvalidConfigError`.
 */
export async function lockInstance(folder: string, instance: string): Promise<() => void> {
  await mkdir(folder, { recursive: true, mode: privateFolder });
  const lock = takeLock(join(folder, 'lock.json'));
  if (lock.held) return () => lock.release();
  throw new PawlError(
    errorTypes.invalidConfig,
    `a gateway named "${instance}" is already running in ${folder}: give this one another --instance`,
    { instance },
  );
}
