import { repositoryIndex, statisticsOf } from './catalogue.ts';
import type { GrpcParts } from './grpc/parts.ts';
import { infer } from './infer.ts';
import { modelConfig, modelMetadata, serverMetadata } from './protocol/describe.ts';
import { textLimits } from './protocol/value-room.ts';
import { admit } from './rest/admit.ts';
import { readinessOf } from './rest/health.ts';
import type { RestParts } from './rest/parts.ts';
import { shownVersion } from './rest/shown-version.ts';

/** What gRPC needs of the gateway: the same admission, answers and descriptions as REST. */
export function grpcParts(parts: RestParts): GrpcParts {
  return {
    instance: parts.instance,
    texts: textLimits(parts.settings),
    bytes: parts.bytes,
    admit: (header, address) => admit(parts, header, address),
    leave: () => parts.shedder.leave(),
    infer: (call) => infer(parts, call),
    report: parts.report,
    refused: (model, reason, status) => parts.metrics.refused(model, reason, status),
    server: () => serverMetadata,
    model: async (model, version) => modelMetadata(await shownVersion(parts, { model, version })),
    config: async (model, version) => modelConfig(await shownVersion(parts, { model, version })),
    live: () => true,
    ready: () => ['ready', 'degraded'].includes(readinessOf(parts).status),
    async modelReady(model, version) {
      const serving = parts.follower.serving(model) ?? (await parts.follower.ensure(model));
      return serving.versions.has(version ?? serving.record.champion ?? 0);
    },
    statistics: (model, version) => statisticsOf(parts, model, version),
    repository: () => repositoryIndex(parts),
  };
}
