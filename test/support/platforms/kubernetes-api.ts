import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { listen } from '../listen.ts';

export interface ClusterObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace: string;
    generation: number;
    resourceVersion: string;
    annotations?: Record<string, string>;
  };
  spec: Record<string, unknown>;
  status?: Record<string, unknown>;
}

/** A custom resource definition of the fixtures: the real schema, trimmed. */
export interface Definition {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly schema: object;
}

export interface Cluster {
  readonly namespace: string;
  /** A kubeconfig for a token: `all` may do everything, `reads` only read; `away` leads to where no server is. */
  kubeconfig(token: 'all' | 'reads' | 'away'): string;
  object(): ClusterObject;
  /** Somebody else's change. */
  edit(change: (object: ClusterObject) => void): void;
  /** Runs once, between the next read and the write after it. */
  beforeNextWrite(work: () => void): void;
  writes(): number;
  close(): Promise<void>;
}

export function readDefinition(name: string): Definition {
  const path = join(import.meta.dirname, '..', '..', 'fixtures', 'release-targets', `${name}.json`);
  return JSON.parse(readFileSync(path, 'utf8')) as Definition;
}

/**
 * A Kubernetes API server with one custom object, and Services by name. It keeps to what the real one does: resource versions
 * and conflicts, generations, merge patches, a status that a patch of the object does not touch, validation by the schema (an
 * unknown field is refused), and Status objects as errors. `tick` plays the controller, once before each read.
 */
export async function startCluster(
  definition: Definition,
  name: string,
  spec: Record<string, unknown>,
  tick: (object: ClusterObject) => void,
  services: readonly string[] = [],
): Promise<Cluster> {
  const namespace = 'models';
  const { group, version, kind, plural } = definition;
  const path = `/apis/${group}/${version}/namespaces/${namespace}/${plural}/${name}`;
  const valid = validatorOf(definition.schema);
  let object: ClusterObject = {
    apiVersion: `${group}/${version}`,
    kind,
    metadata: { name, namespace, generation: 1, resourceVersion: '1', annotations: { 'team.example/owner': 'risk' } },
    spec,
  };
  let writes = 0;
  let revision = 1;
  let meanwhile: (() => void) | null = null;

  function store(next: ClusterObject): void {
    const changed = JSON.stringify(next.spec) !== JSON.stringify(object.spec);
    revision += 1;
    const generation = object.metadata.generation + (changed ? 1 : 0);
    object = {
      ...next,
      status: object.status,
      metadata: { ...next.metadata, generation, resourceVersion: String(revision) },
    };
  }

  function patch(body: string, response: ServerResponse): void {
    meanwhile?.();
    meanwhile = null;
    const change = JSON.parse(body) as { metadata?: { resourceVersion?: string } };
    const expected = change.metadata?.resourceVersion;
    if (expected !== undefined && expected !== object.metadata.resourceVersion)
      return refuse(
        response,
        409,
        'Conflict',
        'the object has been modified; please apply your changes to the latest version',
      );
    const next = mergePatch(object, change) as ClusterObject;
    const checked = valid.safeParse(next);
    if (!checked.success) return refuse(response, 422, 'Invalid', z.prettifyError(checked.error));
    writes += 1;
    store(next);
    answer(response, 200, object);
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const token = request.headers.authorization;
    if (token !== 'Bearer all' && token !== 'Bearer reads')
      return refuse(response, 401, 'Unauthorized', 'Unauthorized');
    const url = new URL(request.url ?? '/', 'http://cluster');
    const service = /^\/api\/v1\/namespaces\/models\/services\/([^/]+)$/.exec(url.pathname)?.[1];
    if (service !== undefined)
      return services.includes(service)
        ? answer(response, 200, { apiVersion: 'v1', kind: 'Service', metadata: { name: service, namespace }, spec: {} })
        : refuse(response, 404, 'NotFound', `services "${service}" not found`);
    if (url.pathname !== path) return refuse(response, 404, 'NotFound', `${plural}.${group} not found`);
    if (request.method === 'GET') {
      tick(object);
      return answer(response, 200, object);
    }
    if (request.method !== 'PATCH') return refuse(response, 405, 'MethodNotAllowed', 'not supported');
    if (token !== 'Bearer all') return refuse(response, 403, 'Forbidden', `cannot patch resource "${plural}"`);
    if (request.headers['content-type'] !== 'application/merge-patch+json')
      return refuse(response, 415, 'UnsupportedMediaType', String(request.headers['content-type']));
    patch(body, response);
  }

  const server = createServer((request, response) => void serve(request, response));
  const address = await listen(server);
  const folder = await mkdtemp(join(tmpdir(), 'pawl-kubeconfig-'));
  for (const [token, server] of [
    ['all', address],
    ['reads', address],
    ['away', 'http://127.0.0.1:9'],
  ] as const)
    await writeFile(join(folder, token), kubeconfigOf(server, token));
  return {
    namespace,
    kubeconfig: (token) => join(folder, token),
    object: () => object,
    edit(change) {
      const next = structuredClone(object);
      change(next);
      store(next);
    },
    beforeNextWrite(work) {
      meanwhile = work;
    },
    writes: () => writes,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** RFC 7396. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const base = typeof target === 'object' && target !== null && !Array.isArray(target) ? target : {};
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(patch))
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  return merged;
}

function validatorOf(schema: object): z.ZodType {
  const { properties, ...rest } = strict(schema) as { properties: object };
  return z.fromJSONSchema({ ...rest, properties: { ...properties, metadata: { type: 'object' } } });
}

/** Refuses unknown fields, as the API server does with `fieldValidation=Strict`. */
function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strict);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, strict(value)]));
  const open =
    !('properties' in schema) || 'additionalProperties' in schema || 'x-kubernetes-preserve-unknown-fields' in schema;
  return open ? inner : { ...inner, additionalProperties: false };
}

function kubeconfigOf(server: string, token: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  });
}

export async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function refuse(response: ServerResponse, code: number, reason: string, message: string): void {
  answer(response, code, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code });
}
