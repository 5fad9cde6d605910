const startedAt = Date.now();

/** One line of progress on stderr, so that stdout stays what the command prints. */
export function say(text) {
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(0).padStart(3);
  process.stderr.write(`[set-up ${seconds} s] ${text}\n`);
}

/** Says `describe()` every five seconds until the work ends: a long silence looks like a hang. */
export async function ticking(describe, work) {
  const timer = setInterval(() => say(describe()), 5_000);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
