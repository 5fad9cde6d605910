/**
 * Which of several labels, or values, of one request counts. `first` and `last` go by the time at which they came; `authorized` lets a
 * client that showed a token correct what came before, and what anybody sends counts only while there is nothing else.
 */
export const correctionPolicies = ['first', 'last', 'authorized'] as const;
export type Corrections = (typeof correctionPolicies)[number];
