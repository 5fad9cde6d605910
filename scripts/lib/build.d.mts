export function buildCode(): Promise<void>;
