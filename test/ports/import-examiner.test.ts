import { mkdtempSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { createImportExaminer } from '../../ports/import-examiner/process.ts';
import { importExaminerSuite } from '../contracts/import-examiner.suite.ts';

// Other tests may run on the machine: what is left behind is looked for in a folder of our own.
const usual = process.env.TMPDIR;
const temporary = mkdtempSync(join(tmpdir(), 'examiner-test-'));
process.env.TMPDIR = temporary;
afterAll(async () => {
  if (usual === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = usual;
  await rm(temporary, { recursive: true, force: true });
});

const [ms, memoryBytes] = [180_000, 16 * 1024 ** 3];
importExaminerSuite('a process of its own', {
  examiner: createImportExaminer(),
  hurried: createImportExaminer({ ms: 1, memoryBytes }),
  starved: createImportExaminer({ ms, memoryBytes: 1 }),
  leftovers: () => Promise.resolve(readdirSync(temporary).filter((name) => name.startsWith('pawl-import-'))),
});
