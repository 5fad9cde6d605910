import { mkdirSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { privateFolder } from '../../ports/private-files.ts';
import type { WatchdogData, WatchdogMessage } from './watchdog.ts';

/** Ends a process whose event loop stood still in one pass of a model for too long, and leaves a note which model it was. */
const { beats, starts, limitMs } = workerData as WatchdogData;
const everyMs = Math.max(20, Math.min(250, limitMs / 4));
const notes = new Map<number, string>();
let beat = -1;
/** By our own turns, so that a process that was stopped for a while is not blamed. */
let stillMs = 0;

parentPort?.on('message', ({ slot, note }: WatchdogMessage) => notes.set(slot, note));
setInterval(() => {
  const now = Atomics.load(beats, 0);
  stillMs = now === beat ? stillMs + everyMs : 0;
  beat = now;
  if (stillMs < limitMs) return;
  // Of several that were asked the first is running: the others wait for their turn of the loop.
  let running = -1;
  for (const slot of notes.keys())
    if (starts[slot]! > 0 && (running < 0 || starts[slot]! < starts[running]!)) running = slot;
  const note = notes.get(running);
  if (note === undefined) return;
  try {
    mkdirSync(dirname(note), { recursive: true, mode: privateFolder });
    // A link needs no room on a disk that may be full.
    symlinkSync(new Date().toISOString(), note);
  } catch {
    // It is there already, or cannot be made; the process has to end all the same.
  }
  process.kill(process.pid, 'SIGKILL');
}, everyMs);
