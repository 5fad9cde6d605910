import { onPath } from '../../config/set-up-scripts.ts';
import { templatesSuite } from './templates.suite.ts';

const withoutPython = onPath('python3') === null ? 'there is no python3 on PATH' : null;
const isWhole = process.env.PAWL_TEST_TEMPLATES === '1';

templatesSuite(withoutPython, {
  lightgbm: {
    ...(isWhole ? {} : { tasks: ['ranking'] }),
    parameters: { trees: 40, learning_rate: 0.1, num_threads: 1 },
    long: { trees: 250, patience: 250, every: 5, num_threads: 1 },
  },
});

templatesSuite(withoutPython ?? (isWhole ? null : 'it takes ten minutes: PAWL_TEST_TEMPLATES=1 runs it'), {
  'scikit-learn': { parameters: { max_iter: 40 } },
  xgboost: { parameters: { trees: 40, eta: 0.1, nthread: 1 } },
});
