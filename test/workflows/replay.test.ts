import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { bundleWorkflowCode, DefaultLogger, Worker, type WorkflowBundle } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../config/source-tree.ts';
import { workflowTypes } from '../../contracts/names.ts';
import { workflowBundle } from '../../workers/bundle.ts';
import { identity } from './harness.ts';
import { patience } from '../support/patience.ts';

interface RecordedEvent {
  eventType: string;
  workflowExecutionStartedEventAttributes?: { workflowType: { name: string }; workflowId: string };
}

const folder = fileURLToPath(new URL('../fixtures/histories/', import.meta.url));
const histories = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .toSorted()
  .map((name) => {
    const text = readFileSync(join(folder, name), 'utf8');
    const { events } = JSON.parse(text) as { events: RecordedEvent[] };
    const started = events[0]?.workflowExecutionStartedEventAttributes;
    return { name: name.replace('.json', ''), text, events, type: started?.workflowType.name, id: started?.workflowId };
  });

/** Names of the histories, each with what the replay said: null where it went as recorded. */
async function replay(bundle: WorkflowBundle): Promise<Record<string, string | null>> {
  const said: Record<string, string | null> = {};
  for (const { name, text, id } of histories) {
    const given = [{ workflowId: id ?? name, history: historyFromJSON(JSON.parse(text)) }];
    for await (const { error } of Worker.runReplayHistories({ workflowBundle: bundle }, given))
      said[name] = error?.name ?? null;
  }
  return said;
}

describe('recorded histories', { timeout: patience(60_000) }, () => {
  it('are there for each workflow, and for each way in which it can end', () => {
    expect(new Set(histories.map(({ type }) => type))).toEqual(new Set(Object.values(workflowTypes)));
    const endings = Object.fromEntries(histories.map(({ name, events }) => [name, events.at(-1)?.eventType]));
    expect(endings).toMatchObject({
      'retrain-promoted': 'EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED',
      'retrain-cancelled': 'EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED',
      'retrain-stopped': 'EVENT_TYPE_WORKFLOW_EXECUTION_FAILED',
      'retrain-rejected': 'EVENT_TYPE_WORKFLOW_EXECUTION_FAILED',
      'retrain-rolled-back': 'EVENT_TYPE_WORKFLOW_EXECUTION_FAILED',
      'retrain-failed': 'EVENT_TYPE_WORKFLOW_EXECUTION_FAILED',
      'release-rolled-back': 'EVENT_TYPE_WORKFLOW_EXECUTION_FAILED',
    });
  });

  it('replay with the workflows as they are now', async () => {
    const said = await replay(await workflowBundle({ home: join(packageRoot, '.pawl') }));
    expect(said).toEqual(Object.fromEntries(histories.map(({ name }) => [name, null])));
  });

  it('do not replay with workflows that take one step more', async () => {
    const workflowsPath = fileURLToPath(new URL('changed-workflows.ts', import.meta.url));
    const said = await replay(await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') }));
    expect(said).toEqual(Object.fromEntries(histories.map(({ name }) => [name, 'DeterminismViolationError'])));
  });

  it('name no machine: no host, no folder, no other identity, not in payloads either', () => {
    for (const { name, text } of histories) {
      const decoded = text.replace(/"data":"([^"]*)"/g, (_, data: string) => Buffer.from(data, 'base64').toString());
      const identities = new Set(Array.from(decoded.matchAll(/"identity":"([^"]*)"/g), ([, who]) => who));
      // The server signs what it does itself.
      identities.delete('history-service');
      expect({ name, identities: [...identities] }).toEqual({ name, identities: [identity] });
      expect(decoded).not.toMatch(/file:|\/(home|root|tmp|Users|var)\//);
    }
  });
});
