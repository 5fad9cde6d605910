import { Worker } from 'node:worker_threads';

const script = `
const { workerData: { parent, graceMs } } = require('node:worker_threads');
const watch = setInterval(() => {
  if (process.ppid === parent) return;
  clearInterval(watch);
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), graceMs);
}, 250);
`;

/**
 * Ends this process `graceMs` milliseconds after its parent is gone, however the parent ended. A thread of its own looks: the event loop
 * may be blocked by a computation, and an ordinary end may wait for a server that is gone too. Who wants to end in order listens
 * to `disconnect` and is done within the grace.
 */
export function endWithParent(graceMs: number): void {
  new Worker(script, { eval: true, execArgv: [], workerData: { parent: process.ppid, graceMs } }).unref();
  // The parent may be gone since before its id could be asked for: the channel tells that as well.
  process.once('disconnect', () => setTimeout(() => process.kill(process.pid, 'SIGKILL'), graceMs).unref());
}
