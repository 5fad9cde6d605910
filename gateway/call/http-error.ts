import { shownText } from '../../contracts/shown-text.ts';

/** Characters of a message: names in it may be as long as a body. */
const longest = 1_000;

/** An answer other than 2xx; the message becomes `{"error"}`, cut and without control characters. */
export class HttpError extends Error {
  readonly status: number;
  /** Headers of the answer, such as `retry-after`. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, options?: ErrorOptions & { headers?: Record<string, string> }) {
    super(shownText(message, longest), options);
    this.name = 'HttpError';
    this.status = status;
    this.headers = options?.headers ?? {};
  }
}

export const badRequest = (message: string): HttpError => new HttpError(400, message);
export const notFound = (message: string): HttpError => new HttpError(404, message);
export const unavailable = (message: string): HttpError => new HttpError(503, message);
export const methodNotAllowed = (wanted: string): HttpError =>
  new HttpError(405, `use ${wanted} here`, { headers: { allow: wanted } });

/** 500 where nobody foresaw the error. */
export const httpStatusOf = (error: unknown): number => (error instanceof HttpError ? error.status : 500);

const reasons: Readonly<Record<number, string>> = {
  400: 'bad request',
  401: 'no such token',
  403: 'not allowed',
  404: 'not found',
  405: 'wrong method',
  413: 'too large',
  415: 'unknown encoding',
  429: 'quota',
  503: 'unavailable',
  504: 'deadline',
};

/** Why a request was refused, in the words of the metrics. */
export const refusalReason = (status: number): string => reasons[status] ?? 'error';
