import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Command, Decision, Progress } from '../contracts/run/approval.ts';
import { messages } from '../contracts/names.ts';
import type { ReleaseProgress } from '../contracts/release/release.ts';

export const approveUpdate = defineUpdate<string, [Decision]>(messages.approve);
export const rejectUpdate = defineUpdate<string, [Decision]>(messages.reject);
export const approveSignal = defineSignal<[Decision]>(messages.approve);
export const rejectSignal = defineSignal<[Decision]>(messages.reject);
export const progressQuery = defineQuery<Progress>(messages.progress);

export const commandNames = [
  messages.pause,
  messages.resume,
  messages.promote,
  messages.rollback,
  messages.abort,
  messages.retry,
  messages.extend,
] as const;
export type CommandName = (typeof commandNames)[number];
export const commandUpdate = (name: CommandName) => defineUpdate<string, [Command]>(name);
export const commandSignal = (name: CommandName) => defineSignal<[Command]>(name);
export const releaseProgressQuery = defineQuery<ReleaseProgress>(messages.progress);
