import { repositoryIndex, statisticsOf } from '../inference/catalogue.ts';
import type { GrpcParts } from './call-context.ts';
import { infer } from '../inference/infer.ts';
import { modelConfig, modelMetadata, serverMetadata } from '../protocol/describe.ts';
import { textLimits } from '../protocol/value-limits.ts';
import { readinessOf } from '../http/health.ts';
import type { RestParts } from '../http/exchange.ts';
import { shownVersion } from '../http/shown-version.ts';

/** What gRPC needs of the gateway: the same admission, answers and descriptions as REST. */
export function grpcParts(parts: RestParts): GrpcParts {
  return {
    instance: parts.instance,
    texts: textLimits(parts.settings),
    bytes: parts.bytes,
    admission: parts.admission,
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
