import { writeFileSync } from 'node:fs';
import { endWithParent } from './end-with-parent.ts';
import { keepPrivate } from './private-files.ts';

/** Makes this process one that runs models for its parent: its files are private, and it ends before its parent and with it. */
export function beModelProcess(): void {
  keepPrivate();
  // Ctrl-C reaches the whole process group; when to end is the parent's to say.
  process.on('SIGINT', () => {});
  // Where memory runs out, this process goes rather than its parent.
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // Other systems have no such file.
  }
  endWithParent(0);
}
