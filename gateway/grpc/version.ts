import { shownText } from '../../contracts/shown-text.ts';
import { notFound } from '../call/http-error.ts';

/** Number of a version as the protocol names it; null where it names none. Throws `HttpError` 404. */
export function requestedVersion(text: string): number | null {
  if (text === '') return null;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw notFound(`there is no version "${shownText(text)}": versions are numbers`);
}
