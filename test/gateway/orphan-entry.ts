import cluster from 'node:cluster';
import { writeFileSync } from 'node:fs';
import { onPrimaryGone } from '../../gateway/cluster/worker.ts';

/** A process of a cluster that says something to its primary just after that was killed, as Node itself does when it is handed a connection. */
const [path = ''] = process.argv.slice(2);
if (cluster.isPrimary) {
  cluster.fork();
} else {
  onPrimaryGone(() => {
    writeFileSync(path, 'ended by itself');
    process.exit(0);
  });
  const primary = process.ppid;
  writeFileSync(path, String(primary));
  // The event loop must not hear of the end before the message is sent.
  while (process.ppid === primary);
  process.send?.({ ack: 1 });
}
