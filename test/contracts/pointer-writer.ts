import { createFileStore } from '../../ports/artifact-store/file.ts';
import { PointerConflictError } from '../../ports/artifact-store/port.ts';

/** A process that counts in a pointer, and tells its parent of each increment that the store acknowledged. */
const [url = '', key = '', increments = '0'] = process.argv.slice(2);
const store = createFileStore(url);
// Long values: a torn write would show as a number without its end.
const padding = 'x'.repeat(50_000);

for (let done = 0; done < Number(increments);) {
  const found = await store.readPointer(key);
  const current = found === null || found === 'unchanged' ? '0 ' : new TextDecoder().decode(found.value);
  if (found !== null && !current.endsWith('end')) throw new Error('a torn value was read');
  const value = `${Number(current.split(' ')[0]) + 1} ${padding} end`;
  try {
    const token = found === null || found === 'unchanged' ? null : found.token;
    await store.writePointer(key, new TextEncoder().encode(value), token);
    done += 1;
    process.send?.(done);
  } catch (error) {
    if (!(error instanceof PointerConflictError)) throw error;
  }
}
process.disconnect?.();
