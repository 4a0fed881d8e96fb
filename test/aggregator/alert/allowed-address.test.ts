import { expect, test } from 'vitest';
import { refusalOf } from '../../../aggregator/src/alert/delivery/allowed-address.ts';

test.each([
  '169.254.169.254',
  '::ffff:169.254.169.254',
  '::ffff:a9fe:a9fe',
  '64:ff9b::a9fe:a9fe',
  '2002:a9fe:a9fe::1',
  '::169.254.169.254',
  '169.254.1.1',
  'fe80::1',
  'fe80::1%eth0',
  'fd00:ec2::254',
  'fd20:ce::254',
  '100.100.100.200',
  '168.63.129.16',
  '0.0.0.0',
  '::',
  '224.0.0.1',
  'ff02::1',
  '255.255.255.255',
  'no address',
])('nobody is told anything at %s', (address) => {
  expect(refusalOf(address, true)).not.toBeNull();
});

test.each([
  '127.0.0.1',
  '::1',
  '10.96.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '100.64.0.1',
  'fd12:3456::1',
  '::ffff:10.0.0.1',
  '64:ff9b::a00:1',
])('%s is private: only where it is allowed', (address) => {
  expect(refusalOf(address, true)).toBeNull();
  expect(refusalOf(address, false)).toContain('allowPrivate');
});

test.each(['93.184.216.34', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '::ffff:8.8.8.8', '64:ff9b::808:808'])(
  '%s is anywhere',
  (address) => {
    expect(refusalOf(address, false)).toBeNull();
  },
);
