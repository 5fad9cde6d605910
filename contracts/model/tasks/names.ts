/** What a model does. */
export const taskNames = ['binary', 'multiclass', 'regression'] as const;
export type TaskName = (typeof taskNames)[number];
