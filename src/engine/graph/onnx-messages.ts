import protobuf from 'protobufjs';

// 64-bit integers are read as numbers: an object each would take forty times the bytes of a file of small ones.
protobuf.util.Long = null as unknown as typeof protobuf.util.Long;
protobuf.configure();

const f = (type: string, id: number, rule?: 'repeated') => (rule ? { type, id, rule } : { type, id });

/** The messages of onnx.proto (ONNX 1.18) that Azimuth writes and reads, field for field. */
const messages = protobuf.Root.fromJSON({
  nested: {
    StringStringEntryProto: { fields: { key: f('string', 1), value: f('string', 2) } },
    OperatorSetIdProto: { fields: { domain: f('string', 1), version: f('int64', 2) } },
    Dimension: { fields: { dimValue: f('int64', 1), dimParam: f('string', 2) } },
    TensorShapeProto: { fields: { dim: f('Dimension', 1, 'repeated') } },
    TensorTypeProto: { fields: { elemType: f('int32', 1), shape: f('TensorShapeProto', 2) } },
    TypeProto: { fields: { tensorType: f('TensorTypeProto', 1) } },
    ValueInfoProto: { fields: { name: f('string', 1), type: f('TypeProto', 2) } },
    TensorProto: {
      fields: {
        dims: f('int64', 1, 'repeated'),
        dataType: f('int32', 2),
        floatData: f('float', 4, 'repeated'),
        int32Data: f('int32', 5, 'repeated'),
        int64Data: f('int64', 7, 'repeated'),
        name: f('string', 8),
        rawData: f('bytes', 9),
        doubleData: f('double', 10, 'repeated'),
        uint64Data: f('uint64', 11, 'repeated'),
        externalData: f('StringStringEntryProto', 13, 'repeated'),
        dataLocation: f('int32', 14),
      },
    },
    AttributeProto: {
      fields: {
        name: f('string', 1),
        f: f('float', 2),
        i: f('int64', 3),
        s: f('bytes', 4),
        t: f('TensorProto', 5),
        floats: f('float', 7, 'repeated'),
        ints: f('int64', 8, 'repeated'),
        type: f('int32', 20),
      },
    },
    NodeProto: {
      fields: {
        input: f('string', 1, 'repeated'),
        output: f('string', 2, 'repeated'),
        name: f('string', 3),
        opType: f('string', 4),
        attribute: f('AttributeProto', 5, 'repeated'),
        domain: f('string', 7),
        metadataProps: f('StringStringEntryProto', 9, 'repeated'),
      },
    },
    GraphProto: {
      fields: {
        node: f('NodeProto', 1, 'repeated'),
        name: f('string', 2),
        initializer: f('TensorProto', 5, 'repeated'),
        input: f('ValueInfoProto', 11, 'repeated'),
        output: f('ValueInfoProto', 12, 'repeated'),
        valueInfo: f('ValueInfoProto', 13, 'repeated'),
      },
    },
    ModelProto: {
      fields: {
        irVersion: f('int64', 1),
        producerName: f('string', 2),
        producerVersion: f('string', 3),
        graph: f('GraphProto', 7),
        opsetImport: f('OperatorSetIdProto', 8, 'repeated'),
      },
    },
  },
});

export interface EntryProto {
  readonly key: string;
  readonly value: string;
}

export interface TensorProto {
  readonly dims: readonly number[];
  readonly dataType: number;
  readonly floatData: readonly number[];
  readonly int32Data: readonly number[];
  readonly int64Data: readonly number[];
  readonly doubleData: readonly number[];
  readonly uint64Data: readonly number[];
  readonly name: string;
  /** Empty where the values are in one of the lists. */
  readonly rawData: Uint8Array;
  readonly externalData: readonly EntryProto[];
  readonly dataLocation: number;
}

export interface AttributeProto {
  readonly name: string;
  readonly type: number;
  readonly f: number;
  readonly i: number;
  readonly s: Uint8Array;
  readonly t: TensorProto | null;
  readonly floats: readonly number[];
  readonly ints: readonly number[];
}

export interface NodeProto {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  readonly attribute: readonly AttributeProto[];
  readonly metadataProps: readonly EntryProto[];
}

export interface TensorTypeProto {
  readonly elemType: number;
  readonly shape: { readonly dim: readonly { readonly dimValue: number; readonly dimParam: string }[] } | null;
}

export interface ValueInfoProto {
  readonly name: string;
  readonly type: { readonly tensorType: TensorTypeProto | null } | null;
}

export interface GraphProto {
  readonly node: readonly NodeProto[];
  readonly initializer: readonly TensorProto[];
  readonly input: readonly ValueInfoProto[];
  readonly output: readonly ValueInfoProto[];
}

export interface ModelProto {
  readonly producerName: string;
  readonly producerVersion: string;
  readonly graph: GraphProto | null;
  readonly opsetImport: readonly { readonly domain: string; readonly version: number }[];
}

/** Serialises an object of {@link ModelProto}'s form. */
export function encodeModelProto(model: object): Uint8Array {
  const type = messages.lookupType('ModelProto');
  return type.encode(type.create(model)).finish();
}

/**
 * Reads a ModelProto. What is not set reads as 0, '' or an empty list; fields not listed above are passed over; bytes are
 * views of `bytes`. Throws what protobufjs throws on bytes that are no such message.
 */
export function decodeModelProto(bytes: Uint8Array): ModelProto {
  return messages.lookupType('ModelProto').decode(bytes) as unknown as ModelProto;
}
