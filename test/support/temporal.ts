import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { loadConfig } from '../../config/load-config.ts';
import type { Config } from '../../config/schema.ts';
import { startEmbeddedServer, type EmbeddedServer } from '../../workers/embedded-server.ts';
import { addSearchAttributes } from '../../workers/search-attributes.ts';
import { findBinary } from '../../config/set-up-scripts.ts';

export interface TestTemporal {
  /** Points to the server, with a home of its own and free ports. */
  readonly config: Config;
  readonly client: Client;
  readonly server: EmbeddedServer;
  /** What the supervisor said. */
  readonly said: string[];
  stop(): Promise<void>;
}

/** A config whose home is a new temporary folder, with free ports, and the environment that gives it to child processes. */
export async function temporaryConfig(
  more: NodeJS.ProcessEnv = {},
): Promise<{ config: Config; env: NodeJS.ProcessEnv; remove: () => Promise<void> }> {
  const home = await mkdtemp(join(tmpdir(), 'pawl-home-'));
  const { TEMPORAL_ADDRESS: _address, TEMPORAL_PROFILE: _profile, PAWL_STORE: _store, ...outer } = process.env;
  const env = { ...outer, PAWL_HOME: home, ...more };
  const config = { ...loadConfig(env), ports: { temporal: 0, ui: 0, gateway: 0, gatewayGrpc: 0 } };
  return { config, env, remove: () => rm(home, { recursive: true, force: true, maxRetries: 5 }) };
}

/** A real server with all that the time-skipping one lacks: list and count, schedules, search attributes. */
export async function startTestTemporal(more: NodeJS.ProcessEnv = {}): Promise<TestTemporal> {
  const { config, env, remove } = await temporaryConfig(more);
  const said: string[] = [];
  const server = await startEmbeddedServer(config, { log: (text) => said.push(text), env });
  const connection = await Connection.connect({ address: server.address });
  return {
    config: { ...config, address: server.address },
    client: new Client({ connection, namespace: config.namespace }),
    server,
    said,
    async stop() {
      await connection.close();
      await server.stop();
      await remove();
    },
  };
}

/** A server whose clock jumps over sleeps; it knows no schedules, no list, no reset. */
export async function startTimeSkipping(): Promise<TestWorkflowEnvironment> {
  const { path } = await findBinary('temporal-test-server');
  const server = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  });
  await addSearchAttributes(server.connection, { namespace: server.namespace ?? 'default' });
  return server;
}
