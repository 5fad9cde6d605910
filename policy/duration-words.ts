import { threeDigits } from './three-digits.ts';

/** Hours as people say them, to three digits: `14 s`, `56.2 min`, `1.67 h`, `2.5 d`. */
export function durationWords(hours: number): string {
  if (hours < 1 / 60) return `${threeDigits(hours * 3600)} s`;
  if (hours < 1) return `${threeDigits(hours * 60)} min`;
  return hours < 48 ? `${threeDigits(hours)} h` : `${threeDigits(hours / 24)} d`;
}
