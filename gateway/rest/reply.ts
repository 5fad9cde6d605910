/** An answer as it is to be sent, by whatever reads and writes HTTP. */
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
