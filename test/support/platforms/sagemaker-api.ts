import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import * as sdk from '@aws-sdk/client-sagemaker';
import { listen } from '../listen.ts';
import { bodyOf } from './kubernetes-api.ts';

export interface SageMakerServer {
  readonly endpoint: string;
  readonly variants: Map<string, { weight: number; instances: number }>;
  status: string;
  /** What the next update answers instead of doing it. */
  refuseNext(type: string, message: string): void;
  /** Runs once, before the next update is taken. */
  beforeNextWrite(work: () => void): void;
  writes(): number;
  close(): Promise<void>;
}

/** A schema as the SDK carries it: kind, namespace, name, traits, names and schemas of members, number of required ones. */
type Shape = readonly [3, string, string, unknown, readonly string[], readonly unknown[], number?];

const shapes: Record<string, Shape> = {
  DescribeEndpoint: sdk.DescribeEndpointInput$,
  UpdateEndpointWeightsAndCapacities: sdk.UpdateEndpointWeightsAndCapacitiesInput$,
};

/**
 * The two calls of SageMaker that a release needs, as AWS JSON 1.1: input is checked by the SDK's own model, and by the limits
 * of the API reference; an update takes some analyses, during which no other is taken; weights are kept as 32-bit floats.
 */
export async function startSageMaker(
  name: string,
  weights: Readonly<Record<string, number>>,
): Promise<SageMakerServer> {
  const variants = new Map(Object.entries(weights).map(([name, weight]) => [name, { weight, instances: 2 }]));
  let busy = 0;
  let writes = 0;
  let refusal: { type: string; message: string } | null = null;
  let meanwhile: (() => void) | null = null;

  function describe(response: ServerResponse): void {
    if (busy > 0) busy -= 1;
    answer(response, 200, {
      EndpointName: name,
      EndpointArn: `arn:aws:sagemaker:eu-central-1:123456789012:endpoint/${name}`,
      EndpointConfigName: 'config',
      EndpointStatus: busy > 0 ? 'Updating' : server.status,
      ...(server.status === 'Failed' ? { FailureReason: 'no capacity' } : {}),
      CreationTime: 1_700_000_000,
      LastModifiedTime: 1_700_000_000,
      ProductionVariants: [...variants].map(([VariantName, { weight, instances }]) => ({
        VariantName,
        CurrentWeight: weight,
        DesiredWeight: weight,
        CurrentInstanceCount: instances,
        DesiredInstanceCount: instances,
      })),
    });
  }

  function update(input: Update, response: ServerResponse): void {
    meanwhile?.();
    meanwhile = null;
    if (refusal !== null) {
      const { type, message } = refusal;
      refusal = null;
      return refuse(response, type, message);
    }
    if (busy > 0) return refuse(response, 'ValidationException', 'Cannot update in-progress endpoint.');
    const unknown = input.DesiredWeightsAndCapacities.find(({ VariantName }) => !variants.has(VariantName));
    if (unknown !== undefined) return refuse(response, 'ValidationException', `no variant ${unknown.VariantName}`);
    for (const { VariantName, DesiredWeight, DesiredInstanceCount } of input.DesiredWeightsAndCapacities) {
      const before = variants.get(VariantName);
      variants.set(VariantName, {
        weight: Math.fround(DesiredWeight ?? before?.weight ?? 0),
        instances: DesiredInstanceCount ?? before?.instances ?? 0,
      });
    }
    writes += 1;
    busy = 3;
    answer(response, 200, { EndpointArn: `arn:aws:sagemaker:eu-central-1:123456789012:endpoint/${name}` });
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const input = JSON.parse(await bodyOf(request)) as Update;
    const operation = /^SageMaker\.(\w+)$/.exec(String(request.headers['x-amz-target']))?.[1] ?? '';
    const shape = shapes[operation];
    if (request.headers['content-type'] !== 'application/x-amz-json-1.1' || shape === undefined)
      return refuse(response, 'UnknownOperationException', operation);
    const wrong = mismatch(shape, input, operation) ?? limit(input);
    if (wrong !== null) return refuse(response, 'ValidationException', wrong);
    if (!(request.headers.authorization ?? '').includes('Credential=good/'))
      return refuse(response, 'AccessDeniedException', 'not authorized to perform this action');
    if (input.EndpointName !== name)
      return refuse(response, 'ValidationException', `Could not find endpoint "${name}".`);
    if (operation === 'DescribeEndpoint') describe(response);
    else update(input, response);
  }

  const http = createServer((request, response) => void serve(request, response));
  const server: SageMakerServer = {
    endpoint: await listen(http),
    variants,
    status: 'InService',
    refuseNext: (type, message) => (refusal = { type, message }),
    beforeNextWrite: (work) => (meanwhile = work),
    writes: () => writes,
    async close() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  return server;
}

interface Update {
  readonly EndpointName: string;
  readonly DesiredWeightsAndCapacities: readonly {
    readonly VariantName: string;
    readonly DesiredWeight?: number;
    readonly DesiredInstanceCount?: number;
  }[];
}

/** What of an input is not of the SDK's model; null where all is. */
function mismatch(schema: unknown, value: unknown, place: string): string | null {
  const resolved: unknown = typeof schema === 'function' ? (schema as () => unknown)() : schema;
  if (resolved === 0) return typeof value === 'string' ? null : `${place} is not a string`;
  if (resolved === 1) return typeof value === 'number' ? null : `${place} is not a number`;
  if (!Array.isArray(resolved)) return `${place} has a schema that this server does not know`;
  if (resolved[0] === 1)
    return Array.isArray(value)
      ? (value.map((item) => mismatch(resolved[4], item, place)).find((wrong) => wrong !== null) ?? null)
      : `${place} is not a list`;
  const [, , , , names, schemas, required = 0] = resolved as unknown as Shape;
  const members = value as Record<string, unknown>;
  const missing = names.slice(0, required).find((name) => members[name] === undefined);
  if (missing !== undefined) return `${place} has no ${missing}`;
  for (const [name, member] of Object.entries(members)) {
    const index = names.indexOf(name);
    const wrong = index < 0 ? `${place} has no member ${name}` : mismatch(schemas[index], member, name);
    if (wrong !== null) return wrong;
  }
  return null;
}

/** Limits that the API reference sets and the SDK's model leaves out. */
function limit({ EndpointName, DesiredWeightsAndCapacities: changes }: Partial<Update>): string | null {
  if (!/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/.test(EndpointName ?? '')) return 'EndpointName does not match its pattern';
  if (changes === undefined) return null;
  if (changes.length === 0) return 'DesiredWeightsAndCapacities has no item';
  return changes.some(({ DesiredWeight = 0 }) => DesiredWeight < 0) ? 'DesiredWeight is less than 0' : null;
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
}

const refuse = (response: ServerResponse, type: string, message: string): void =>
  answer(response, type === 'ThrottlingException' || type === 'ValidationException' ? 400 : 403, {
    __type: type,
    message,
  });
