import type { ServerResponse } from 'node:http';
import { repositoryIndex, statisticsOf } from '../inference/catalogue.ts';
import type { Asked } from '../call/infer-message.ts';
import { sendJson, type RestParts } from './exchange.ts';

export function sendRepository(parts: RestParts, response: ServerResponse): void {
  const body = JSON.stringify(repositoryIndex(parts));
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

export function sendStatistics(parts: RestParts, response: ServerResponse, asked: Asked | null): void {
  sendJson(response, 200, { model_stats: statisticsOf(parts, asked?.model ?? null, asked?.version ?? null) });
}
