import type { handleUnaryCall } from '@grpc/grpc-js';
import { shownText } from '../../contracts/shown-text.ts';
import { notFound } from '../http-error.ts';
import { decoder, encoder } from './messages.ts';
import type { GrpcParts } from './parts.ts';
import { callError, httpStatusOf, refusalOf } from './status.ts';
import { versionOf } from './version.ts';

type Question = Readonly<Record<string, unknown>>;

export interface UnaryMethod {
  readonly path: string;
  readonly deserialize: (bytes: Buffer) => Question;
  readonly serialize: (value: object) => Buffer;
  readonly handle: handleUnaryCall<Question, object>;
}

export const service = '/inference.GRPCInferenceService';

/** The methods that describe the server and its models. */
export function unaryMethods(parts: GrpcParts): UnaryMethod[] {
  const method = (
    path: string,
    [question, answer]: readonly [string, string],
    ask: (question: Question) => object | Promise<object>,
  ): UnaryMethod => ({
    path,
    deserialize: decoder(question),
    serialize: encoder(answer),
    handle(call, callback) {
      void (async () => {
        try {
          callback(null, await ask(call.request));
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
      parts.model(String(name), versionOf(String(version))),
    ),
    method(`${service}/ModelConfig`, ['Named', 'ModelConfigAnswer'], async ({ name, version }) => ({
      config: await parts.config(String(name), versionOf(String(version))),
    })),
    method(`${service}/ModelStatistics`, ['Named', 'Statistics'], ({ name, version }) => ({
      model_stats: parts.statistics(name === '' ? null : String(name), versionOf(String(version))),
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

const health = { serving: 1, notServing: 2, serviceUnknown: 3 } as const;

/** `grpc.health.v1.HealthCheckResponse.ServingStatus` of a service, or of the whole server by the empty name. */
function healthOf(parts: GrpcParts, name: string): number {
  if (name !== '' && `/${name}` !== service) return health.serviceUnknown;
  return parts.ready() ? health.serving : health.notServing;
}

/** A model or version that is not there is not ready; asking for it is no error. */
async function modelReady(parts: GrpcParts, { name, version }: Question): Promise<boolean> {
  try {
    return await parts.modelReady(String(name), versionOf(String(version)));
  } catch (error) {
    if ([404, 503].includes(httpStatusOf(error))) return false;
    throw error;
  }
}
