import type { handleUnaryCall } from '@grpc/grpc-js';
import { shownText } from '../../contracts/shown-text.ts';
import { badRequest, HttpError, httpStatusOf, notFound } from '../call/http-error.ts';
import { decoder, encoder } from './messages.ts';
import type { GrpcParts } from './call-context.ts';
import { callError, refusalOf } from './status.ts';
import { requestedVersion } from './version.ts';

type Question = Readonly<Record<string, unknown>>;

export interface UnaryMethod {
  readonly path: string;
  readonly deserialize: (bytes: Buffer) => Buffer;
  readonly serialize: (value: object) => Buffer;
  readonly handle: handleUnaryCall<Buffer, object>;
}

/** They take names, which are short. */
const mostBytes = 16 * 1024;

export const service = '/inference.GRPCInferenceService';

/** The methods that describe the server and its models. */
export function unaryMethods(parts: GrpcParts): UnaryMethod[] {
  const method = (
    path: string,
    [question, answer]: readonly [string, string],
    ask: (question: Question) => object | Promise<object>,
  ): UnaryMethod => ({
    path,
    // Decoded by the handler, whose errors reach the client with their words.
    deserialize: (bytes) => bytes,
    serialize: encoder(answer),
    handle(call, callback) {
      void (async () => {
        try {
          callback(null, await ask(questionOf(call.request, decoder(question))));
        } catch (error) {
          callback(callError(refusalOf(error)));
        }
      })();
    },
  });
  return [
    method(`${service}/ServerLive`, ['Empty', 'Live'], () => ({ live: parts.live() })),
    method(`${service}/ServerReady`, ['Empty', 'Ready'], () => ({ ready: parts.ready() })),
    method(`${service}/ModelReady`, ['Named', 'Ready'], async (question) => ({
      ready: await modelReady(parts, question),
    })),
    method(`${service}/ServerMetadata`, ['Empty', 'ServerMetadata'], () => parts.server()),
    method(`${service}/ModelMetadata`, ['Named', 'ModelMetadata'], ({ name, version }) =>
      parts.model(String(name), requestedVersion(String(version))),
    ),
    method(`${service}/ModelConfig`, ['Named', 'ModelConfigAnswer'], async ({ name, version }) => ({
      config: await parts.config(String(name), requestedVersion(String(version))),
    })),
    method(`${service}/ModelStatistics`, ['Named', 'Statistics'], ({ name, version }) => ({
      model_stats: parts.statistics(name === '' ? null : String(name), requestedVersion(String(version))),
    })),
    method(`${service}/RepositoryIndex`, ['RepositoryQuestion', 'Repository'], ({ ready }) => ({
      models: parts.repository().filter(({ state }) => ready !== true || state === 'READY'),
    })),
    method('/grpc.health.v1.Health/Check', ['HealthQuestion', 'Health'], (question) => {
      const name = String(question.service);
      const status = healthOf(parts, name);
      if (status === health.serviceUnknown) throw notFound(`there is no service "${shownText(name)}"`);
      return { status };
    }),
  ];
}

/** Throws `HttpError` 400 or 413. */
function questionOf(bytes: Buffer, decode: (bytes: Buffer) => Question): Question {
  if (bytes.length > mostBytes)
    throw new HttpError(413, `the message has ${bytes.length} bytes, and ${mostBytes} are taken here`);
  try {
    return decode(bytes);
  } catch {
    throw badRequest('the message is not protobuf of this method: it ends early or holds a field that cannot be');
  }
}

const health = { serving: 1, notServing: 2, serviceUnknown: 3 } as const;

/** `grpc.health.v1.HealthCheckResponse.ServingStatus` of a service, or of the whole server by the empty name. */
function healthOf(parts: GrpcParts, name: string): number {
  if (name !== '' && `/${name}` !== service) return health.serviceUnknown;
  return parts.ready() ? health.serving : health.notServing;
}

/** A model or version that is not there is not ready; asking for it is not an error. */
async function modelReady(parts: GrpcParts, { name, version }: Question): Promise<boolean> {
  try {
    return await parts.modelReady(String(name), requestedVersion(String(version)));
  } catch (error) {
    if ([404, 503].includes(httpStatusOf(error))) return false;
    throw error;
  }
}
