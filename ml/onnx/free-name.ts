/** A name that is not taken: the wanted one, else with a number. */
export function freeName(taken: ReadonlySet<string>, wanted: string): string {
  let name = wanted;
  for (let n = 1; taken.has(name); n += 1) name = `${wanted}_${n}`;
  return name;
}
