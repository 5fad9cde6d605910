import type { Config } from '../config/schema.ts';
import type { Addresses } from '../workers/supervise.ts';

/** Which ports of the configuration were taken, and what is used instead; a line each. A port of 0 asks for any. */
export function movedPorts(wanted: Config['ports'], { temporal, ui, gateway }: Addresses): string[] {
  const used: readonly [key: keyof Config['ports'], what: string, address: string | null][] = [
    // A server of somebody else has no port of ours, nor a page.
    ['temporal', 'Temporal', ui === null ? null : temporal],
    ['ui', 'the Web UI', ui],
    ['gateway', 'the gateway', gateway.http],
    ['gatewayGrpc', 'gRPC', gateway.grpc],
  ];
  return used.flatMap(([key, what, address]) => {
    const port = address === null ? null : Number(/:(\d+)\/?$/.exec(address)?.[1]);
    return port === null || wanted[key] === 0 || port === wanted[key]
      ? []
      : [`port ${wanted[key]} (ports.${key}) is taken: ${what} is at ${port}`];
  });
}
