import { ApplicationFailure, setHandler } from '@temporalio/workflow';
import type { Command } from '../contracts/run/approval.ts';
import { errorTypes } from '../contracts/names.ts';
import { commandKeys, objectionToKeys } from '../contracts/message-keys.ts';
import { objectionToBy, objectionToReason } from '../contracts/people.ts';
import { commandNames, commandSignal, commandUpdate, type CommandName } from './messages.ts';
import { waitsToGoOn, type ReleaseSession } from './release-session.ts';

/** Obeys people from now on: by update, which says what it objects to, or by signal, where the objection is shown. */
export function obeyCommands(session: ReleaseSession): void {
  for (const name of commandNames) {
    setHandler(commandUpdate(name), (given: Command) => obey(session, name, given), {
      validator: (given: Command) => {
        const objection = objectionTo(session, name, given);
        if (objection !== null) throw ApplicationFailure.nonRetryable(objection, errorTypes.invalidRequest);
      },
      description: `{"by", "reason"}: ${name} this release`,
    });
    setHandler(commandSignal(name), (given: Command) => {
      const objection = objectionTo(session, name, given);
      if (objection === null) obey(session, name, given);
      else session.note(`signal "${name}" ignored: ${objection}`);
    });
  }
}

function obey(session: ReleaseSession, name: CommandName, given: Command): string {
  const said = agreed(session, name, given);
  session.note(`${said.text}: ${given.reason}`);
  if (said.done) follow(session, name, given);
  session.show();
  return said.text;
}

/** Whether enough people want it. */
function agreed(session: ReleaseSession, name: CommandName, { by }: Command): { done: boolean; text: string } {
  const { approvals, lastAnalysis, rules } = session;
  const needed = needsApproval(session, name) ? rules.approvers : 1;
  if (needed === 1) return { done: true, text: `${name} by ${by}` };
  const done = approvals.add({ by }, lastAnalysis?.fingerprint ?? null, needed);
  const { names } = approvals;
  if (done) approvals.clear();
  return { done, text: `${name} by ${done ? names.join(' and ') : `${by} (${names.length} of ${needed})`}` };
}

/** Moves traffic forward, or in spite of a guard. */
const needsApproval = (session: ReleaseSession, name: CommandName): boolean =>
  name === 'promote' || (name === 'resume' && (session.atPause || asksForPerson(session)));

const asksForPerson = ({ paused, lastAnalysis }: ReleaseSession): boolean =>
  paused && lastAnalysis?.decision === 'pause';

function follow(session: ReleaseSession, name: CommandName, { by, reason, ms = 0 }: Command): void {
  switch (name) {
    case 'pause':
      session.paused = true;
      session.waitingFor = `a person to resume: \`pawl resume\` (paused by ${by}: ${reason})`;
      break;
    case 'resume':
      if (asksForPerson(session)) session.acknowledged.push(...(session.lastAnalysis?.fired ?? []));
      if (session.atPause && !session.paused) session.goesOn = true;
      session.paused = false;
      session.waitingFor = session.atPause && !session.goesOn ? waitsToGoOn : null;
      break;
    case 'promote':
    case 'rollback':
    case 'abort':
      session.order = { command: name, by, reason };
      break;
    case 'retry':
      session.retry = true;
      break;
    case 'extend':
      session.extendedMs += ms;
      break;
  }
}

function objectionTo(session: ReleaseSession, name: CommandName, given: Command | undefined): string | null {
  const unclear = objectionToKeys(given, commandKeys) ?? objectionToBy(given?.by) ?? objectionToReason(given?.reason);
  if (unclear !== null || given === undefined) return unclear;
  const { phase, order, paused, atPause } = session;
  if (phase === 'ended') return 'this release has ended';
  if (name === 'pause' && paused) return 'this release is paused already';
  if (name === 'resume' && !paused && !atPause) return 'this release is not paused';
  if (name === 'promote' && phase === 'waiting') return 'this release waits for another one to end';
  if (name === 'promote' && order?.command === 'rollback') return `${order.by} ordered a rollback already`;
  if (name === 'promote' && phase === 'bake') return 'this release is promoted already: it bakes';
  if (name === 'retry' && phase === 'waiting') return 'this release has no step yet that could be tried again';
  if (name === 'extend' && !(typeof given.ms === 'number' && given.ms > 0))
    return 'say by how much, in "ms": milliseconds above 0';
  return needsApproval(session, name) ? objectionToApprover(session, given) : null;
}

function objectionToApprover(
  { rules, approvals, lastAnalysis }: ReleaseSession,
  { by, evidence }: Command,
): string | null {
  const fingerprint = lastAnalysis?.fingerprint ?? null;
  if (by === rules.starter) return `${by} started this release, and the policy wants somebody else's approval`;
  if (approvals.names.includes(by)) return `${by} approved already: somebody else must, too`;
  if (evidence !== undefined && evidence !== fingerprint)
    return `what you saw (${evidence}) has changed: look again, it is ${fingerprint ?? 'not there yet'} now`;
  return null;
}
