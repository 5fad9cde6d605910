export function listZip(bytes: Buffer): string[];
export function readZip(bytes: Buffer, name: string): Buffer;
