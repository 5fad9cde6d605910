import type { Caller } from '../call/infer-call.ts';
import type { Callers } from './callers.ts';
import type { Quota } from './quota.ts';
import type { Shedder } from './shed.ts';

/** Lets requests in, by REST or gRPC. */
export interface Admission {
  /**
   * Lets a request in by its token, its quota and the load, from its first byte on; `leave` must follow once it is answered or gone.
   * Throws `HttpError` 401, 429 or 503.
   */
  admit(header: (name: string) => string | null, address: string): Caller;
  leave(): void;
}

export const createAdmission = (callers: Callers, quota: Quota, shedder: Shedder): Admission => ({
  admit(header, address) {
    const caller = callers.identify(header('authorization'), address);
    quota.take(caller);
    shedder.enter(caller.priority);
    return caller;
  },
  leave: () => shedder.leave(),
});
