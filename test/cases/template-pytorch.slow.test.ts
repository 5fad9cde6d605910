import { templatesSuite } from './templates.suite.ts';

const unasked = 'its environment takes 6 GB and a quarter of an hour: PAWL_TEST_TORCH=1 runs it';

templatesSuite(process.env.PAWL_TEST_TORCH === '1' ? null : unasked, {
  pytorch: {
    parameters: { epochs: 12, batch: 64, hidden: [32, 16], learning_rate: 0.01 },
    long: { epochs: 30, patience: 30, hidden: [16] },
    runs: [['torchrun', '--standalone', '--nproc_per_node=2', 'train.py']],
  },
});
