const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const minus = '\u2212';
const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹';
export const absent = '–';

const signs = (text: string): string => text.replace('-', minus);

/** Integers with thousands separators, other numbers with `digits` significant ones, extreme ones as powers of ten. */
export function formatNumber(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined || Number.isNaN(value)) return absent;
  if (!Number.isFinite(value)) return value > 0 ? '∞' : `${minus}∞`;
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) return scientific(value);
  if (Number.isInteger(value) || size >= 10 ** (digits - 1)) return signs(grouped.format(value));
  return signs(String(Number(value.toPrecision(digits))));
}

function scientific(value: number): string {
  const [mantissa = '', exponent = ''] = value.toExponential(1).split('e');
  const power = exponent
    .replace('+', '')
    .replace('-', '⁻')
    .replaceAll(/\d/g, (digit) => superscripts.charAt(Number(digit)));
  return `${signs(mantissa)} × 10${power}`;
}

/** A fixed number of decimals, so that the numbers of a column line up. */
export const formatFixed = (value: number | null | undefined, decimals = 4): string =>
  value === null || value === undefined || Number.isNaN(value) ? absent : signs(unsignedZero(value.toFixed(decimals)));

/** Like `formatFixed`, with a sign: for differences. */
export function formatSigned(value: number | null | undefined, decimals = 4): string {
  const text = formatFixed(value, decimals);
  return text === absent || text.startsWith(minus) || Number(text) === 0 ? text : `+${text}`;
}

const unsignedZero = (text: string): string => (Number(text) === 0 ? text.replace('-', '') : text);

/** A share in [0, 1] as percent with one decimal. */
export const formatPercent = (share: number | null | undefined, decimals = 1): string =>
  share === null || share === undefined || Number.isNaN(share) ? absent : `${formatFixed(share * 100, decimals)} %`;

/** An interval in words, `0.01 to 0.03`. */
export const formatInterval = (
  { lower, upper }: { lower: number | null; upper: number | null },
  format: (value: number | null) => string = formatNumber,
): string => (lower === null || upper === null ? absent : `${format(lower)} to ${format(upper)}`);

/** Milliseconds in the unit that reads best. */
export function formatDuration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || Number.isNaN(ms)) return absent;
  if (ms < 1_000) return `${formatNumber(ms, 3)} ms`;
  if (ms < 120_000) return `${formatNumber(ms / 1_000, 3)} s`;
  if (ms < 7_200_000) return `${formatNumber(ms / 60_000, 3)} min`;
  return `${formatNumber(ms / 3_600_000, 3)} h`;
}

/** Bytes in binary units. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length, Math.floor(Math.log2(bytes) / 10));
  return `${formatNumber(bytes / 1024 ** power, 3)} ${units[power - 1]}`;
}

/** An ISO time or milliseconds since the epoch as `2026-03-01 12:00:05 UTC`; text that is not a time stays as it is. */
export function formatTime(time: string | number): string {
  const at = new Date(time);
  return Number.isNaN(at.getTime()) ? String(time) : `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** `nonInferior` and `demographicParityRatio` as words. */
const abbreviations: Readonly<Record<string, string>> = {
  mae: 'MAE',
  rmse: 'RMSE',
  r2: 'R²',
  mape: 'MAPE',
  mcc: 'MCC',
  ndcg: 'NDCG',
  mrr: 'MRR',
};

export const inWords = (name: string): string =>
  abbreviations[name] ?? name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
