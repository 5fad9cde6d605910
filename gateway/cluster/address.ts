import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { privateFile, privateFolder } from '../../ports/private-files.ts';

/** Where the gateway of a home answers, and under which name: its ports may not be those of the configuration. */
const addressSchema = z.object({ instance: z.string(), url: z.string() });
export type GatewayAddress = z.infer<typeof addressSchema>;

const folderOf = (home: string): string => join(home, 'gateway');
const pathOf = (home: string): string => join(folderOf(home), 'address.json');

/** Keeps the address for the commands of this project. It stays when the gateway is gone: who reads it asks whether it answers. */
export async function noteAddress(home: string, { instance, url }: GatewayAddress): Promise<void> {
  const path = pathOf(home);
  await mkdir(folderOf(home), { recursive: true, mode: privateFolder });
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, JSON.stringify({ instance, url }), { mode: privateFile });
  await rename(draft, path);
}

/** The address of the gateway that started last in this home; null where none did, or its note is damaged. */
export async function readAddress(home: string): Promise<GatewayAddress | null> {
  try {
    return addressSchema.parse(JSON.parse(await readFile(pathOf(home), 'utf8')));
  } catch {
    return null;
  }
}
