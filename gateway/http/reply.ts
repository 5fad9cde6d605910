/** An answer before it is written as HTTP. */
export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: Buffer | string;
}

export const jsonReply = (
  status: number,
  value: object,
  headers: Readonly<Record<string, string | number>> = {},
): HttpReply => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(value),
});
