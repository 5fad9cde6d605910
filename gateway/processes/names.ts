/** Names of the serving processes in the prediction log, by place. One alone has the gateway's own. */
export const namesOf = (instance: string, processes: number): readonly string[] =>
  processes === 1 ? [instance] : Array.from({ length: processes }, (_, k) => `${instance}-${k}`);
