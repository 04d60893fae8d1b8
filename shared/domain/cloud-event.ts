/** An event in the JSON format of CloudEvents 1.0, of the members that are used here. @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md */
export interface CloudEvent {
  readonly specversion: '1.0';
  /** The same event sent again has the same id; no other event of its source has it. */
  readonly id: string;
  /** A reference to whoever sends it. */
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  /** ISO 8601 in UTC. */
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly data: object;
}
