import { Metadata, status, type StatusObject } from '@grpc/grpc-js';
import { repeatedHeaders } from '../call/repeated-headers.ts';
import { HttpError, httpStatusOf } from '../call/http-error.ts';
import { messageOf, unexpectedMessage } from '../warnings.ts';

/** Headers and trailers have a limit at the client; a longer message would lose the call its status. */
const longest = 1_000;

/** How a call that failed ends. */
export interface Refusal {
  readonly code: status;
  readonly details: string;
  /** Trailing metadata. */
  readonly trailers: Texts;
}

/** Metadata of one text a name; what is undefined is left out. */
export type Texts = Readonly<Record<string, string | undefined>>;

/** The gRPC status that says what an HTTP status says. A body that is too large exhausts a resource, as in gRPC's own words. */
export function grpcStatus(http: number): status {
  switch (http) {
    case 200:
      return status.OK;
    case 401:
      return status.UNAUTHENTICATED;
    case 403:
      return status.PERMISSION_DENIED;
    case 404:
      return status.NOT_FOUND;
    case 408:
    case 504:
      return status.DEADLINE_EXCEEDED;
    case 409:
      return status.ABORTED;
    case 413:
    case 429:
      return status.RESOURCE_EXHAUSTED;
    case 499:
      return status.CANCELLED;
    case 501:
      return status.UNIMPLEMENTED;
    case 503:
      return status.UNAVAILABLE;
    default:
      return http >= 400 && http < 500 ? status.INVALID_ARGUMENT : status.INTERNAL;
  }
}

/** What the client is told. */
export const sayableOf = (error: unknown): string =>
  error instanceof HttpError ? messageOf(error) : unexpectedMessage;

/** With the error's headers, such as `retry-after`, and what the answer repeats of the request, as trailing metadata. */
export function refusalOf(error: unknown, header: (name: string) => string | null = () => null): Refusal {
  const headers = { ...repeatedHeaders(header), ...(error instanceof HttpError ? error.headers : {}) };
  const trailers = Object.fromEntries(Object.entries(headers).filter(([, value]) => isCarried(value)));
  return { code: grpcStatus(httpStatusOf(error)), details: detailsOf(sayableOf(error)), trailers };
}

/** As `grpc-js` takes the error of a call. */
export function callError({ code, details, trailers }: Refusal): Partial<StatusObject> {
  return { code, details, metadata: metadataOf(trailers) };
}

/** Of every HTTP/2 response of gRPC. */
export const responseStatus = '200';
export const contentType = 'application/grpc+proto';

export function metadataOf(texts: Texts): Metadata {
  const metadata = new Metadata();
  for (const name in texts) {
    const text = texts[name];
    if (text !== undefined) metadata.set(name, text);
  }
  return metadata;
}

/** Halves of surrogate pairs would make `grpc-js` throw where nobody catches. */
export const detailsOf = (message: string): string =>
  message.slice(0, longest).replaceAll(/[\ud800-\udfff]/gu, '\ufffd');

/** Whether metadata can carry it. */
export const isCarried = (text: string): boolean => /^[ -~]*$/.test(text);
