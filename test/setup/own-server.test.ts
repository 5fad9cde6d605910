import { afterAll, beforeAll, expect, it } from 'vitest';
import { Client, Connection } from '@temporalio/client';
import { missingSearchAttributes } from '../../workers/search-attributes.ts';
import { startEmbeddedServer, type EmbeddedServer } from '../../workers/embedded-server.ts';
import { patience } from '../support/patience.ts';
import { pawl, pawlJson } from '../support/pawl.ts';
import { temporaryConfig } from '../support/temporal.ts';

let server: EmbeddedServer;
let env: NodeJS.ProcessEnv;
let client: Client;
let closers: (() => Promise<unknown>)[];
beforeAll(async () => {
  const own = await temporaryConfig();
  server = await startEmbeddedServer(own.config, { log: () => undefined, searchAttributes: {} });
  const here = await temporaryConfig({ TEMPORAL_ADDRESS: server.address });
  env = here.env;
  const connection = await Connection.connect({ address: server.address });
  client = new Client({ connection });
  closers = [() => connection.close(), () => server.stop(), own.remove, here.remove];
});
afterAll(async () => {
  for (const close of closers ?? []) await close();
});

const command = 'temporal operator search-attribute create --address ADDRESS --namespace default';
const names = ['PawlModel', 'PawlStage', 'PawlVerdict', 'PawlVersion'];

const by = ['--by', 'ada', '--reason', 'looked at it'];
it.each([
  [['up']],
  [['worker']],
  [['run', 'employment', '--watch']],
  [['release', 'employment@1', ...by]],
  [['rollback', 'employment', ...by]],
  [['schedule', 'sync']],
  [['schedule', 'trigger', 'employment']],
  [['demo', '--once']],
  [['doctor']],
])(
  'pawl %j names the search attributes that a server of our own lacks, and the whole command that makes them',
  { timeout: patience(60_000) },
  async (args) => {
    const { code, stdout, stderr } = await pawl(args, env);
    const said = stdout + stderr;
    expect(said).toContain(`lacks the search attributes ${names.join(', ')}: run \`npx pawl setup-namespace\``);
    expect(said).toContain(
      `${command.replace('ADDRESS', server.address)} --name PawlModel --type Keyword --name PawlStage --type Keyword --name PawlVerdict --type Keyword --name PawlVersion --type Int`,
    );
    expect(code).toBe(1);
    const { count } = await client.workflow.count();
    expect(count).toBe(0);
  },
);

it(
  'pawl setup-namespace makes what is missing, and nothing the second time',
  { timeout: patience(60_000) },
  async () => {
    expect(await pawlJson(['setup-namespace'], env)).toEqual({ namespace: 'default', made: names });
    await expect
      .poll(() => missingSearchAttributes(client.connection, { namespace: 'default' }), { timeout: patience(10_000) })
      .toEqual([]);
    expect(await pawlJson(['setup-namespace'], env)).toEqual({ namespace: 'default', made: [] });
  },
);
