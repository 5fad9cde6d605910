import { badRequest } from '../call/http-error.ts';

/** A part of a path, decoded. Throws `HttpError` 400 for a broken escape. */
export function decodedName(name: string): string {
  if (!name.includes('%')) return name;
  try {
    return decodeURIComponent(name);
  } catch {
    throw badRequest(
      'the path holds a % that two hex digits of UTF-8 do not follow: write %25 for the character itself',
    );
  }
}
