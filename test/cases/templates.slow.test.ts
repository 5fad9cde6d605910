import { onPath } from '../../config/set-up-scripts.ts';
import { templatesSuite } from './templates.suite.ts';

templatesSuite(onPath('python3') === null ? 'there is no python3 on PATH' : null, {
  'scikit-learn': { parameters: { max_iter: 40 } },
  lightgbm: {
    parameters: { trees: 40, learning_rate: 0.1, num_threads: 1 },
    long: { trees: 250, patience: 250, every: 5, num_threads: 1 },
  },
  xgboost: { parameters: { trees: 40, eta: 0.1, nthread: 1 } },
});
