/**
 * What an error and its causes say, outermost first: what failed in words that a person can act on, then why. Messages that say nothing
 * beyond their cause are left out, and so is a cause that its error already quotes.
 */
export function messageChain(error: unknown, saysNothing: (message: string) => boolean = () => false): string {
  const messages: string[] = [];
  const seen = new Set<unknown>();
  for (let at: unknown = error; at !== null && at !== undefined && !seen.has(at);) {
    seen.add(at);
    const message: string = at instanceof Error ? at.message : typeof at === 'string' ? at : '';
    if (message !== '' && !saysNothing(message) && !messages.some((said) => said.includes(message)))
      messages.push(message);
    at = at instanceof Error ? at.cause : null;
  }
  return messages.length === 0 ? 'it failed without a message' : messages.join('\n  because: ');
}

/** Whether a message is what Temporal says around what went wrong. */
export const isWrapper = (message: string): boolean =>
  /^(Workflow execution (failed|timed out|terminated)|Activity task failed|Child Workflow execution failed|Workflow Update failed)\.?$/i.test(
    message,
  );
