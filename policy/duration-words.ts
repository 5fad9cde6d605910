/** Hours as people say them, to three digits: `14 s`, `56.2 min`, `1.67 h`, `2.5 d`. */
export function durationWords(hours: number): string {
  if (hours < 1 / 60) return `${short(hours * 3600)} s`;
  if (hours < 1) return `${short(hours * 60)} min`;
  return hours < 48 ? `${short(hours)} h` : `${short(hours / 24)} d`;
}

const short = (value: number): string => String(Number(value.toPrecision(3)));
