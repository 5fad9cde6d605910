import type { Stage } from '../../contracts/names.ts';
import { formatBytes, formatNumber } from '../format.ts';
import { html } from '../html.ts';
import type { Html, Part } from '../html.ts';
import type { ReportInput } from '../input.ts';
import { chip, facts, section, table, textColumn } from '../elements.ts';
import { stageStates } from './timeline.ts';

/** What went in, what came out, and under which digest every claim of this page can be looked up. */
export function lineageSection(input: ReportInput): Html {
  const { run, definition, snapshot } = input;
  return section({
    id: 'lineage',
    title: 'Lineage',
    lead: 'Every claim of this page comes from a document in the artifact store, named by the sha256 of its bytes.',
    content: [
      facts(
        [
          ['code', html`<code class="whole">${run.code}</code>`],
          ['seed', String(run.seed)],
          ...(snapshot === null ? [] : snapshotFacts(snapshot)),
        ],
        'wide',
      ),
      table({
        caption: 'Digests',
        columns: [textColumn('What'), textColumn('Status'), textColumn('Digest')],
        rows: digestsOf(input),
      }),
      notReached(input),
      html`<details>
        <summary>Model definition, resolved</summary>
        <pre>${JSON.stringify(definition, null, 2)}</pre>
      </details>`,
    ],
  });
}

const snapshotFacts = (snapshot: NonNullable<ReportInput['snapshot']>): [string, Part][] => [
  ['source', snapshot.source],
  ['snapshot', `${formatNumber(snapshot.rowCount)} rows, ${formatBytes(snapshot.bytes)}`],
  ['selection', Object.keys(snapshot.selection).length === 0 ? 'all rows' : JSON.stringify(snapshot.selection)],
  ['licence', snapshot.licence || 'not declared'],
  ['provenance', snapshot.provenance || 'not declared'],
];

function digestsOf({ run, snapshot, training, optimization, approval, result }: ReportInput): Part[][] {
  const chosen = optimization?.variants.find(({ variant }) => variant === optimization.chosen);
  const inputs: [string, string | null | undefined][] = [
    ['model definition', run.definition],
    ['dataset definition', run.dataset],
    ['imported model', run.imported],
    ['snapshot, bytes', snapshot?.data],
    ['snapshot, rows', snapshot?.rows],
    ['model, fp32', training?.model],
    ['model, as served', chosen?.model],
    ['evidence that was approved', approval?.evidence],
  ];
  const rows = inputs.flatMap(([name, digest]) => (digest ? [[name, '', wholeDigest(digest)]] : []));
  const verdicts = result.verdicts.map(({ stage, status, evidence, from }) => [
    `evidence of ${stage}${from === undefined ? '' : `, by run ${from}`}`,
    chip(status),
    wholeDigest(evidence),
  ]);
  return [...rows, ...verdicts];
}

const wholeDigest = (digest: string): Html => html`<code class="whole">${digest}</code>`;

function notReached(input: ReportInput): Part {
  const missing: Stage[] = stageStates(input).flatMap(({ stage, tone }) => (tone === 'none' ? [stage] : []));
  return missing.length === 0 ? null : html`<p class="note">Not reached: ${missing.join(', ')}.</p>`;
}
