import { type GrpcObject, loadPackageDefinition, type ServiceClientConstructor } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import descriptor from './generated/findings.json' with { type: 'json' };

/** Largest message either side accepts, in bytes. Chunks stay below it. */
export const maxMessageBytes = 1024 * 1024;

/** Observations of one chunk add up to at most this many bytes of JSON. */
export const maxChunkBytes = 512 * 1024;

/** The service of proto/plumbline/v1/findings.proto: `service` for servers, constructor for clients. */
export function findingsService(): ServiceClientConstructor {
  const definition = fromJSON(descriptor as Parameters<typeof fromJSON>[0], {
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  });
  const root = loadPackageDefinition(definition) as unknown as { plumbline: { v1: GrpcObject } };
  return root.plumbline.v1['Findings'] as ServiceClientConstructor;
}
