import type { ClusterObject } from './kubernetes-api.ts';

interface Spec {
  readonly rules: readonly { readonly backendRefs?: readonly { readonly name: string; readonly weight?: number }[] }[];
}

/**
 * A controller of the Gateway API: it reports Accepted and ResolvedRefs on each generation, one tick after it met it. A
 * backend that is not a Service makes ResolvedRefs false, with the standard's reason.
 */
export function gatewayController(services: readonly string[], refuses: string | null = null) {
  let met = 0;
  return (object: ClusterObject): void => {
    const { generation } = object.metadata;
    if (met !== generation) {
      met = generation;
      return;
    }
    const { rules } = object.spec as unknown as Spec;
    const names = rules.flatMap(({ backendRefs = [] }) => backendRefs.map(({ name }) => name));
    const lost = names.find((name) => !services.includes(name));
    const condition = (type: string, reason: string | null, message: string) => ({
      type,
      status: reason === null ? 'True' : 'False',
      reason: reason ?? type,
      message,
      observedGeneration: generation,
      lastTransitionTime: '2026-01-01T00:00:00Z',
    });
    object.status = {
      parents: [
        {
          parentRef: { name: 'public' },
          controllerName: 'example.com/gateway',
          conditions: [
            condition('Accepted', refuses, refuses === null ? '' : 'this gateway cannot do that'),
            condition('ResolvedRefs', lost === undefined ? null : 'BackendNotFound', lost ?? ''),
          ],
        },
      ],
    };
  };
}
