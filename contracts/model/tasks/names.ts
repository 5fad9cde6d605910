/** What a model does. */
export const taskNames = ['binary', 'multiclass', 'regression', 'quantile', 'ranking'] as const;
export type TaskName = (typeof taskNames)[number];
