import { formatTime } from '../format.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import type { ReportInput } from '../input.ts';
import { facts, section } from '../elements.ts';

const means = {
  update: 'update (validated)',
  signal: 'signal',
  policy: 'policy: no person was asked',
  deadline: 'deadline',
} as const;

export function approvalSection({ approval }: ReportInput): Html | null {
  if (approval === null) return null;
  const { decision, by, reason, at, via, evidence } = approval;
  return section({
    id: 'approval',
    title: 'Approval',
    status: decision === 'approved' ? 'pass' : 'fail',
    lead: html`${decision === 'approved' ? 'Approved' : decision === 'rejected' ? 'Rejected' : 'Expired'} by
      <strong>${by}</strong>: “${reason}”`,
    content: facts(
      [
        ['when', formatTime(at)],
        ['by way of', means[via]],
        ['evidence that was seen', html`<code class="whole">${evidence}</code>`],
      ],
      'wide',
    ),
  });
}
