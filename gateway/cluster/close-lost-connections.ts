import type { Worker } from 'node:cluster';

interface Connection {
  close(): void;
}

/** What the cluster module of Node says to a serving process, and what it hears. */
interface Handover {
  readonly act?: string;
  readonly seq?: number;
  readonly ack?: number;
}

/** By then all that an ended process still said was heard. */
const heardMs = 200;

/**
 * Closes the connections that were handed to a process which ended before it took them. Node forgets those: they stay open in
 * the primary process, nobody answers, and the clients wait for as long as they care to. Closed, they are sent again.
 */
export function closeLostConnections(worker: Worker): void {
  const { process } = worker;
  const handed = new Map<number, Connection>();
  const send = process.send.bind(process) as (
    message: Handover,
    connection?: Connection,
    ...rest: unknown[]
  ) => boolean;
  const noting = (message: Handover, connection?: Connection, ...rest: unknown[]): boolean => {
    if (message.act === 'newconn' && message.seq !== undefined && connection !== undefined)
      handed.set(message.seq, connection);
    return send(message, connection, ...rest);
  };
  process.send = noting as typeof process.send;
  process.on('internalMessage', ({ ack }: Handover) => {
    if (ack !== undefined) handed.delete(ack);
  });
  // Not at the end of the channel: Node waits with that for a receipt that never comes.
  process.once('exit', () => {
    setTimeout(() => {
      for (const connection of handed.values()) connection.close();
      handed.clear();
    }, heardMs);
  });
}
