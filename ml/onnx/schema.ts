/**
 * The messages of onnx-ml.proto (ONNX IR version 14), one line each: `field:type=number`, `[]` for repeated, `[p]` for
 * packed. 64-bit fields that hold sizes or versions are read as `int32`, which is the same on the wire; those that hold
 * data (`i`, `ints`, `int64Data`, `uint64Data`) stay 64 bits wide. `oneof` members are plain optional fields.
 */
const messages = {
  ModelProto:
    'irVersion:int32=1 producerName:string=2 producerVersion:string=3 domain:string=4 modelVersion:int32=5 docString:string=6 graph:GraphProto=7 opsetImport:OperatorSetIdProto[]=8 metadataProps:StringStringEntryProto[]=14 trainingInfo:TrainingInfoProto[]=20 functions:FunctionProto[]=25 configuration:DeviceConfigurationProto[]=26',
  GraphProto:
    'node:NodeProto[]=1 name:string=2 initializer:TensorProto[]=5 docString:string=10 input:ValueInfoProto[]=11 output:ValueInfoProto[]=12 valueInfo:ValueInfoProto[]=13 quantizationAnnotation:TensorAnnotation[]=14 sparseInitializer:SparseTensorProto[]=15 metadataProps:StringStringEntryProto[]=16',
  NodeProto:
    'input:string[]=1 output:string[]=2 name:string=3 opType:string=4 attribute:AttributeProto[]=5 docString:string=6 domain:string=7 overload:string=8 metadataProps:StringStringEntryProto[]=9 deviceConfigurations:NodeDeviceConfigurationProto[]=10',
  AttributeProto:
    'name:string=1 f:float=2 i:int64=3 s:bytes=4 t:TensorProto=5 g:GraphProto=6 floats:float[]=7 ints:int64[]=8 strings:bytes[]=9 tensors:TensorProto[]=10 graphs:GraphProto[]=11 docString:string=13 tp:TypeProto=14 typeProtos:TypeProto[]=15 type:int32=20 refAttrName:string=21 sparseTensor:SparseTensorProto=22 sparseTensors:SparseTensorProto[]=23',
  TensorProto:
    'dims:int32[]=1 dataType:int32=2 segment:Segment=3 floatData:float[p]=4 int32Data:int32[p]=5 stringData:bytes[]=6 int64Data:int64[p]=7 name:string=8 rawData:bytes=9 doubleData:double[p]=10 uint64Data:uint64[p]=11 docString:string=12 externalData:StringStringEntryProto[]=13 dataLocation:int32=14 metadataProps:StringStringEntryProto[]=16',
  Segment: 'begin:int64=1 end:int64=2',
  SparseTensorProto: 'values:TensorProto=1 indices:TensorProto=2 dims:int32[]=3',
  ValueInfoProto: 'name:string=1 type:TypeProto=2 docString:string=3 metadataProps:StringStringEntryProto[]=4',
  TypeProto:
    'tensorType:TensorType=1 sequenceType:ElementType=4 mapType:MapType=5 denotation:string=6 opaqueType:OpaqueType=7 sparseTensorType:TensorType=8 optionalType:ElementType=9',
  TensorType: 'elemType:int32=1 shape:TensorShapeProto=2',
  ElementType: 'elemType:TypeProto=1',
  MapType: 'keyType:int32=1 valueType:TypeProto=2',
  OpaqueType: 'domain:string=1 name:string=2',
  TensorShapeProto: 'dim:Dimension[]=1',
  Dimension: 'dimValue:int32=1 dimParam:string=2 denotation:string=3',
  OperatorSetIdProto: 'domain:string=1 version:int32=2',
  StringStringEntryProto: 'key:string=1 value:string=2',
  TensorAnnotation: 'tensorName:string=1 quantParameterTensorNames:StringStringEntryProto[]=2',
  FunctionProto:
    'name:string=1 input:string[]=4 output:string[]=5 attribute:string[]=6 node:NodeProto[]=7 docString:string=8 opsetImport:OperatorSetIdProto[]=9 domain:string=10 attributeProto:AttributeProto[]=11 valueInfo:ValueInfoProto[]=12 overload:string=13 metadataProps:StringStringEntryProto[]=14',
  TrainingInfoProto:
    'initialization:GraphProto=1 algorithm:GraphProto=2 initializationBinding:StringStringEntryProto[]=3 updateBinding:StringStringEntryProto[]=4',
  DeviceConfigurationProto: 'name:string=1 numDevices:int32=2 device:string[]=3',
  NodeDeviceConfigurationProto: 'configurationId:string=1 shardingSpec:ShardingSpecProto[]=2 pipelineStage:int32=3',
  ShardingSpecProto:
    'tensorName:string=1 device:int64[]=2 indexToDeviceGroupMap:IntIntListEntryProto[]=3 shardedDim:ShardedDimProto[]=4',
  ShardedDimProto: 'axis:int64=1 simpleSharding:SimpleShardedDimProto[]=2',
  SimpleShardedDimProto: 'dimValue:int64=1 dimParam:string=2 numShards:int64=3',
  IntIntListEntryProto: 'key:int64=1 value:int64[]=2',
};

interface FieldDescriptor {
  type: string;
  id: number;
  rule?: 'repeated';
  options?: { packed: boolean };
}

function parseField(text: string): [string, FieldDescriptor] {
  const match = /^(\w+):(\w+)(\[p?\])?=(\d+)$/.exec(text);
  if (!match) throw new SyntaxError(`"${text}" is not a field of the form name:type=number`);
  const [, name = '', type = '', repeated, id] = match;
  const field: FieldDescriptor = { type, id: Number(id) };
  if (repeated) Object.assign(field, { rule: 'repeated', options: { packed: repeated === '[p]' } });
  return [name, field];
}

/** The descriptor in the JSON form of protobufjs. */
export const onnxDescriptor = {
  nested: Object.fromEntries(
    Object.entries(messages).map(([message, fields]) => [
      message,
      { fields: Object.fromEntries(fields.split(' ').map(parseField)) },
    ]),
  ),
};
