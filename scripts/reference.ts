import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { packageRoot } from '../config/source-tree.ts';
import { folder, referenceFiles } from './reference/files.ts';

/** Writes the reference again, from the schemas, the command line and the definitions of metrics and names. */
const place = join(packageRoot, folder);
const files = await referenceFiles();
await rm(place, { recursive: true, force: true });
for (const [name, text] of files) {
  await mkdir(dirname(join(place, name)), { recursive: true });
  await writeFile(join(place, name), text);
}
process.stdout.write(`wrote ${files.size} files to ${folder}\n`);
