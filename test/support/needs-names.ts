/** The reason in the name of a suite that is skipped. */
const marked = /\(skipped: (.*)\)$/s;

export const skippedName = (name: string, reason: string): string => `${name} (skipped: ${reason})`;

/** Why a suite of this name is skipped; null where the name does not say it. */
export const reasonIn = (name: string): string | null => marked.exec(name)?.[1] ?? null;
