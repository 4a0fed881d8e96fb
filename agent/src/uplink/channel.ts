import { readFileSync } from 'node:fs';
import { type ChannelCredentials, type ClientDuplexStream, credentials, Metadata } from '@grpc/grpc-js';
import { PlumblineError } from '@plumbline/core';
import { type AggregatorMessage, findingsService, maxMessageBytes, type NodeMessage } from '@plumbline/proto';

/** Where the aggregator is and what proves who this agent is. Files are read again at every connect, so rotation needs nothing. */
export interface Target {
  /** `host:port` or `unix:/path`. */
  readonly address: string;
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly tokenFile?: string | undefined;
}

/** The client's end of one stream and the channel under it. */
export interface Channel {
  readonly call: ClientDuplexStream<NodeMessage, AggregatorMessage>;
  close(): void;
}

/** Dials out. Throws PLB_CONFIG_INVALID for files that cannot be read and for plaintext to anywhere but this machine. */
export function openChannel(target: Target): Channel {
  checkTarget(target);
  const Service = findingsService();
  const client = new Service(target.address, credentialsOf(target), {
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': maxMessageBytes,
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
    'grpc.enable_retries': 0,
    'grpc.use_local_subchannel_pool': 1,
    // The named aggregator and nobody else: a proxy of the environment would be told even what is only plaintext on this machine.
    'grpc.enable_http_proxy': 0,
    // A resolver may hand out addresses, not how to use them; and it is one question less.
    'grpc.service_config_disable_resolution': 1,
  });
  const metadata = new Metadata();
  if (target.tokenFile) metadata.set('authorization', `Bearer ${read(target.tokenFile).toString('utf8').trim()}`);
  const open = client['StreamFindings'] as (metadata: Metadata) => Channel['call'];
  return { call: open.call(client, metadata), close: () => client.close() };
}

/** Refuses (PLB_CONFIG_INVALID) what would send observations or a token in the clear, or half a client certificate. */
export function checkTarget(target: Target): void {
  if (!target.caFile && !isLocal(target.address)) {
    const why = `the aggregator ${target.address} is not on this machine: give --tls-ca-file, plaintext is only for 127.0.0.1`;
    throw new PlumblineError('PLB_CONFIG_INVALID', why);
  }
  if (Boolean(target.certFile) !== Boolean(target.keyFile))
    throw new PlumblineError('PLB_CONFIG_INVALID', 'give --tls-cert-file and --tls-key-file together');
  if (target.certFile && !target.caFile)
    throw new PlumblineError('PLB_CONFIG_INVALID', 'a client certificate needs --tls-ca-file as well');
}

function isLocal(address: string): boolean {
  return (
    address.startsWith('unix:') || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}:\d+$/.test(address) || /^\[::1\]:\d+$/.test(address)
  );
}

function credentialsOf(target: Target): ChannelCredentials {
  if (!target.caFile) return credentials.createInsecure();
  const { certFile, keyFile } = target;
  if (!certFile || !keyFile) return credentials.createSsl(read(target.caFile));
  return credentials.createSsl(read(target.caFile), read(keyFile), read(certFile));
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new PlumblineError('PLB_CONFIG_INVALID', `${path} cannot be read`, { cause });
  }
}
