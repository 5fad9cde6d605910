import { PawlError } from '../../contracts/errors.ts';
import { guardNames, type ReleasePolicy } from '../../contracts/release/release-policy.ts';
import { allGuards } from './guards/index.ts';
import { guardBudget, guardsInForce } from './guards-in-force.ts';

/** As good as no rule, of a guard that is not in force. */
const off = { weight: 0 };

/**
 * What contradicts itself in a policy's guards, a sentence each: rules of guards that never judge, and weights that share nothing.
 * `at` is what precedes the policy's keys in its document.
 */
export function policyFaults(policy: ReleasePolicy, at = 'release.'): string[] {
  const inForce = guardsInForce(policy);
  const warning = allGuards.filter(({ onlyWarns }) => onlyWarns?.(policy) === true).map(({ name }) => name);
  const idle = guardNames.filter(
    (name) => (policy.guards.rules[name] ?? off).weight !== 0 && !inForce.includes(name) && !warning.includes(name),
  );
  const faults = idle.map((name) => {
    const remedy = allGuards.find((guard) => guard.name === name)?.remedy?.(at) ?? `set its limit in ${at}guards`;
    return `${at}guards.rules.${name}: this guard is not in force: ${remedy}, or leave the rule out`;
  });
  try {
    guardBudget(policy, 1);
    return faults;
  } catch (error) {
    if (!(error instanceof PawlError)) throw error;
    return [...faults, `${at}guards.rules: ${error.message}`];
  }
}
