import { isJsonObject, type Json, type JsonObject } from '@plumbline/core';
import { problemOf, WatchProblem } from './watch-problem.ts';

/**
 * One event of a watch. `same`: nothing of the object changed that is read, and `object` is empty. `position` is '' where the object names
 * none; `end`: the initial state is complete.
 */
export interface WatchEvent {
  readonly kind: 'put' | 'drop' | 'same' | 'bookmark';
  readonly object: JsonObject;
  readonly position: string;
  readonly end: boolean;
  /** Recognizes what was read, when the sink knows how. */
  readonly print?: number;
}

const initialEnd = 'k8s.io/initial-events-end';

/** Reads a line of a watch. Throws WatchProblem for an ERROR event and for what is no JSON. */
export function readEvent(line: string): WatchEvent {
  const event = objectOf(parsed(line));
  const object = objectOf(event['object']);
  const type = event['type'];
  if (type === 'ERROR')
    throw problemOf(Number(object['code']), String(object['message'] ?? 'the watch ended with an error'));
  const metadata = objectOf(object['metadata']);
  const position = metadata['resourceVersion'];
  return {
    kind: type === 'BOOKMARK' ? 'bookmark' : type === 'DELETED' ? 'drop' : 'put',
    object,
    position: typeof position === 'string' ? position : '',
    end: type === 'BOOKMARK' && objectOf(metadata['annotations'])[initialEnd] === 'true',
  };
}

/** Reads JSON. Throws WatchProblem `malformed`. */
export function parsed(line: string): Json {
  try {
    return JSON.parse(line) as Json;
  } catch (error) {
    throw new WatchProblem(
      'malformed',
      `an event is no JSON: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function objectOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}
