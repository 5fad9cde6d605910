type Message = Readonly<Record<string, unknown>>;

/** Every message of a model, from the model on: a tensor may lie in a graph, a subgraph, a function or any kind of attribute. */
export function* messagesOf(model: object): Generator<Message> {
  const left: unknown[] = [model];
  while (left.length > 0) {
    const next = left.pop();
    if (Array.isArray(next)) {
      // Lists of numbers are long, and hold no message.
      if (typeof next[0] === 'object') for (const each of next.toReversed()) left.push(each);
      continue;
    }
    if (typeof next !== 'object' || next === null || next instanceof Uint8Array) continue;
    const message = next as Message;
    yield message;
    for (const each of Object.values(message).toReversed()) left.push(each);
  }
}
