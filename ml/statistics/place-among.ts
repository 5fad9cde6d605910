/** How many of the ascending edges a value has reached: the number of its part, from 0. */
export function placeAmong(edges: readonly number[], value: number): number {
  let place = 0;
  while (place < edges.length && value >= edges[place]!) place++;
  return place;
}
