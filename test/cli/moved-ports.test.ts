import { expect, test } from 'vitest';
import { movedPorts } from '../../cli/other-tcp-ports.ts';

const wanted = { temporal: 7233, ui: 8233, gateway: 8080, gatewayGrpc: 8081 };
const addresses = {
  temporal: '127.0.0.1:7233',
  ui: 'http://127.0.0.1:8233',
  gateway: { http: 'http://127.0.0.1:8080', grpc: '127.0.0.1:8081' },
  console: null,
  store: 'file:///store',
};

test('ports that were free are not reported', () => {
  expect(movedPorts(wanted, addresses)).toEqual([]);
});

test('each port that was taken is named, with what is used instead', () => {
  const moved = {
    ...addresses,
    temporal: '127.0.0.1:40001',
    ui: 'http://127.0.0.1:40002/',
    gateway: { http: 'http://127.0.0.1:40003', grpc: '127.0.0.1:40004' },
  };
  expect(movedPorts(wanted, moved)).toEqual([
    'port 7233 (ports.temporal) is taken: Temporal is at 40001',
    'port 8233 (ports.ui) is taken: the Web UI is at 40002',
    'port 8080 (ports.gateway) is taken: the gateway is at 40003',
    'port 8081 (ports.gatewayGrpc) is taken: gRPC is at 40004',
  ]);
});

test("a server of one's own and a port of 0 are not ports of ours", () => {
  const other = {
    ...addresses,
    temporal: 'temporal.example:9999',
    ui: null,
    gateway: { http: 'http://127.0.0.1:5', grpc: null },
  };
  expect(movedPorts({ ...wanted, gateway: 0 }, other)).toEqual([]);
});
